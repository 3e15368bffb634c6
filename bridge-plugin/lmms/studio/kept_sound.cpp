// SPDX-License-Identifier: GPL-3.0-or-later
#include "kept_sound.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QObject>
#include <algorithm>
#include <cmath>
#include <memory>
#include <sndfile.h>
#include <vector>

#include "shared/project/sounds.h"

namespace continuo::fx
{

namespace
{

//! -100 dBFS, as LMMS has it
constexpr float inaudible = 1e-5F;

struct SoundCloser
{
	void operator()(SNDFILE* file) const { sf_close(file); }
};
using SoundFile = std::unique_ptr<SNDFILE, SoundCloser>;

//! The same sound is the same file: without the moment of its writing, which libsndfile puts beside the peaks
bool write(const QString& path, SF_INFO info, const std::vector<float>& samples)
{
	const SoundFile file(sf_open(QFile::encodeName(path), SFM_WRITE, &info));
	if (!file) { return false; }
	sf_command(file.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr, SF_FALSE);
	const auto frames = static_cast<sf_count_t>(samples.size() / static_cast<std::size_t>(info.channels));
	return sf_writef_float(file.get(), samples.data(), frames) == frames;
}

KeptFile failed(const QString& problem)
{
	KeptFile kept;
	kept.problem = problem;
	return kept;
}

} // namespace


KeptFile keepSound(const QString& wav, const QString& folder)
{
	SF_INFO info{};
	SoundFile rendered(sf_open(QFile::encodeName(wav), SFM_READ, &info));
	if (!rendered || info.frames <= 0 || info.channels <= 0)
	{
		return failed(QObject::tr("what LMMS wrote is no sound"));
	}
	const auto channels = static_cast<std::size_t>(info.channels);
	std::vector<float> samples(static_cast<std::size_t>(info.frames) * channels);
	if (sf_readf_float(rendered.get(), samples.data(), info.frames) != info.frames)
	{
		return failed(QObject::tr("what LMMS wrote ends before its end"));
	}
	rendered.reset();
	const auto last =
		std::find_if(samples.rbegin(), samples.rend(), [](float sample) { return !(std::abs(sample) < inaudible); });
	const auto frames = (static_cast<std::size_t>(samples.rend() - last) + channels - 1) / channels;
	if (frames == 0) { return failed(QObject::tr("the instrument gives no sound")); }
	samples.resize(frames * channels);

	const auto trimmed = QFileInfo(wav).dir().filePath("trimmed.wav");
	QFile file(trimmed);
	if (!write(trimmed, info, samples) || !file.open(QIODevice::ReadOnly))
	{
		return failed(QObject::tr("the sound cannot be written beside '%1'").arg(wav));
	}
	const auto bytes = file.readAll();
	const auto sound =
		project::PutSound(folder.toStdString(), {bytes.constData(), static_cast<std::size_t>(bytes.size())});
	if (!sound.ok()) { return failed(QString::fromStdString(std::string(sound.status().message()))); }
	return {QString::fromStdString(sound->path), sound->sha256, static_cast<double>(frames) / info.samplerate, {}};
}

} // namespace continuo::fx
