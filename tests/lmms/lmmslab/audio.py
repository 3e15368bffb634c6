# SPDX-License-Identifier: Apache-2.0
"""Reading and comparing sound. Arrays are [frame][channel], float64, of float32 values."""

import warnings

import numpy
import scipy.io.wavfile
import scipy.signal


def read(path):
    """Rate and samples of a WAV."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)
        rate, samples = scipy.io.wavfile.read(path)
    if samples.dtype.kind == "i":
        samples = samples / float(1 << (8 * samples.dtype.itemsize - 1))
    return rate, numpy.asarray(samples, dtype=numpy.float64).reshape(len(samples), -1)


def samples(path):
    return read(path)[1]


def bits(path):
    """The samples as they are in the file, whose header carries the time of writing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)
        return scipy.io.wavfile.read(path)[1].tobytes()


def largest_difference(left, right):
    if left.shape != right.shape:
        raise AssertionError(f"shapes differ: {left.shape} and {right.shape}")
    return float(numpy.max(numpy.abs(left - right)))


def level(signal):
    """Root mean square."""
    return float(numpy.sqrt(numpy.mean(numpy.square(signal))))


def delay_frames(reference, signal, upsampled=16):
    """By how many frames `signal` comes after `reference`, to a fraction of a frame."""
    left, right = (numpy.asarray(x, dtype=numpy.float64) - numpy.mean(x) for x in (reference, signal))
    length = 1 << (len(left) + len(right)).bit_length()
    spectrum = numpy.fft.rfft(right, length) * numpy.conj(numpy.fft.rfft(left, length))
    wide = numpy.zeros(length * upsampled // 2 + 1, dtype=complex)
    wide[: len(spectrum)] = spectrum
    correlation = numpy.fft.irfft(wide)
    peak = int(numpy.argmax(numpy.abs(correlation)))
    if peak > len(correlation) // 2:
        peak -= len(correlation)
    return peak / upsampled


def largest_step(signal):
    """The largest change from one frame to the next."""
    return float(numpy.max(numpy.abs(numpy.diff(signal, axis=0))))
