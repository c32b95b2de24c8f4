"""Fashion-MNIST: where its idx files are, and their checksums; :mod:`rbonn_hw.train.mnist` reads them.

Source:
    Xiao, Rasul and Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms, 2017; https://github.com/zalandoresearch/fashion-mnist (address, checksums of the .gz files).
"""

from rbonn_hw.train.download import Checksum
from rbonn_hw.train.mnist import IdxFile, IdxSet

FASHION = IdxSet(
    "Fashion-MNIST",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    (
        IdxFile("train-images-idx3-ubyte", Checksum("md5", "8d4fb7e6c68d591d4c3dfef9ec88bf0d")),
        IdxFile("train-labels-idx1-ubyte", Checksum("md5", "25c81989df183df01b3e8a0aad5dffbe")),
        IdxFile("t10k-images-idx3-ubyte", Checksum("md5", "bef4ecab320f06d8554ea6380940ec79")),
        IdxFile("t10k-labels-idx1-ubyte", Checksum("md5", "bb300cfdad3c16e7a12a480ee83cd310")),
    ),
)
