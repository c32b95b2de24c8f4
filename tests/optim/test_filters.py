"""Operations on all layers at once equal plain loops over layers and filters."""

import torch

from rbonn_hw.optim import filters

LAYERS = [
    torch.randn(3, 2, 2, 2, generator=torch.Generator().manual_seed(0)),
    torch.randn(1, 4, generator=torch.Generator().manual_seed(1)),
    torch.randn(4, 1, generator=torch.Generator().manual_seed(2)),
]
SIZES = (3, 1, 4)


def test_vectors_are_cut_joined_and_stored_layer_by_layer() -> None:
    values = torch.arange(8.0)
    rows = [torch.zeros(3, 1, 1), torch.zeros(1), torch.zeros(4, 1)]

    filters.store(rows, values)

    assert [row.flatten().tolist() for row in rows] == [[0, 1, 2], [3], [4, 5, 6, 7]]
    assert torch.equal(filters.joined(rows), values)
    assert filters.sizes_of(LAYERS) == SIZES


def test_each_filter_is_scaled_and_summed_by_itself() -> None:
    factors = torch.arange(1.0, 9.0)

    flat = [filter_ for layer in LAYERS for filter_ in layer]
    scaled = [filter_ for layer in filters.scaled(LAYERS, factors) for filter_ in layer]

    for filter_, ours, factor in zip(flat, scaled, factors, strict=True):
        assert torch.equal(ours, filter_ * factor)
    torch.testing.assert_close(filters.sums(LAYERS), torch.stack([filter_.sum() for filter_ in flat]))
    torch.testing.assert_close(
        filters.l1_norms(LAYERS), torch.stack([filter_.abs().sum() for filter_ in flat])
    )


def test_sign_of_zero_is_plus_one() -> None:
    (signs,) = filters.signs([torch.tensor([-2.0, -1e-30, -0.0, 0.0, 1e-30, 0.5])])

    assert signs.tolist() == [-1, -1, 1, 1, 1, 1]


def test_order_stays_inside_each_layer() -> None:
    values = torch.tensor([3.0, 1.0, 2.0, 0.0, 5.0, 5.0, 4.0, 6.0])

    assert filters.order(values, SIZES).tolist() == [1, 2, 0, 3, 6, 4, 5, 7]


def test_layers_and_positions_are_numbered() -> None:
    assert filters.layer_numbers(SIZES, torch.device("cpu")).tolist() == [0, 0, 0, 1, 2, 2, 2, 2]
    assert filters.positions(SIZES, torch.device("cpu")).tolist() == [0, 1, 2, 0, 0, 1, 2, 3]
