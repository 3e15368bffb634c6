// SPDX-License-Identifier: GPL-3.0-or-later
// All that differs between LMMS 1.2.2 and LMMS master, so that every other file knows one LMMS; what
// the studio needs beside it is in studio/lmms_song.h.
//
// 1.2.2 has global names, FX channels called by processAudioBuffer() and an oversampling mixer;
// master has the namespaces lmms and lmms::gui, processImpl() and no oversampling.
#pragma once

#include <optional>

#include "AutomatableModel.h"
#include "ComboBox.h"
#include "ComboBoxModel.h"
#include "Effect.h"
#include "EffectControlDialog.h"
#include "EffectControls.h"
#include "Engine.h"
#include "Knob.h"
#include "LocaleHelper.h"
#include "MeterModel.h"
#include "Song.h"
#include "embed.h"
#include "lmmsversion.h"

#define CONTINUO_PLUGIN_EXPORT __attribute__((visibility("default")))

namespace continuo::fx
{

//! What came of a block
enum class BlockResult
{
	Sounds,
	MayRest, //!< where it is silent it may count towards auto-quit
	Off      //!< as it was: nothing was done
};

} // namespace continuo::fx

#if __has_include("SampleFrame.h")
#include "AudioEngine.h"
#include "SampleFrame.h"
#include "Timeline.h"

namespace continuo::fx
{

using namespace lmms;
using namespace lmms::gui;

using HostEngine = AudioEngine;
inline constexpr auto effectPluginType = Plugin::Type::Effect;
inline constexpr auto toolPluginType = Plugin::Type::Tool;

inline HostEngine* hostEngine() { return Engine::audioEngine(); }
inline quint32 hostSampleRate() { return static_cast<quint32>(hostEngine()->outputSampleRate()); }
//! Ticks since the song's start, where the song stands after the present block
inline double songTicks(const Song& song)
{
	return song.getTimeline().ticks() + song.getTimeline().frameOffset() / Engine::framesPerTick();
}
inline int songTicksPerBar(const Song& song) { return song.ticksPerBar(); }
//! Where the song goes back to, in ticks, while it plays between loop points
inline std::optional<double> songLoopBegin(const Song& song)
{
	const auto& line = song.getTimeline();
	if (song.isExporting() || !line.loopEnabled()) { return std::nullopt; }
	return line.loopBegin().getTicks();
}
inline Knob* makeKnob(const QString& label, QWidget* parent) { return new Knob(KnobType::Bright26, label, parent); }
inline PixmapLoader* makeLogo(const char* name) { return new PluginPixmapLoader(name); }

//! An effect seen as a function of one block
class BlockEffect : public Effect
{
public:
	using Effect::Effect;

protected:
	//! Master does not call an effect that is off, so there is no fading out  [audio-thread]
	virtual BlockResult processBlock(float* interleaved, int frames, bool on) = 0;
	//! True where the user has set a level below which sound may be cut off
	bool hasGate() const { return false; }

private:
	ProcessStatus processImpl(SampleFrame* buffer, const f_cnt_t frames) override
	{
		const auto result = processBlock(buffer->data(), static_cast<int>(frames), true);
		return result == BlockResult::MayRest ? ProcessStatus::ContinueIfNotQuiet : ProcessStatus::Continue;
	}
};

} // namespace continuo::fx

#else // LMMS 1.2.2
#include "Mixer.h"
#include "TimeLineWidget.h"

namespace continuo::fx
{

using HostEngine = Mixer;
inline constexpr auto effectPluginType = Plugin::Effect;
inline constexpr auto toolPluginType = Plugin::Tool;

inline HostEngine* hostEngine() { return Engine::mixer(); }
//! The rate that effects run at: the device's, or a multiple of it while exporting
inline quint32 hostSampleRate() { return hostEngine()->processingSampleRate(); }
//! Ticks since the song's start, where the song stands after the present block
inline double songTicks(const Song& song)
{
	const auto& position = song.getPlayPos();
	return position.getTicks() + position.currentFrame() / Engine::framesPerTick();
}
inline int songTicksPerBar(const Song& song) { return song.ticksPerTact(); }
//! Where the song goes back to, in ticks, while it plays between loop points; a render has no window
inline std::optional<double> songLoopBegin(const Song& song)
{
	const auto* line = song.getPlayPos().m_timeLine;
	if (line == nullptr || song.isExporting() || !line->loopPointsEnabled()) { return std::nullopt; }
	return line->loopBegin().getTicks();
}
inline Knob* makeKnob(const QString& label, QWidget* parent)
{
	auto* knob = new Knob(knobBright_26, parent);
	knob->setLabel(label);
	return knob;
}

//! Master finds a plugin's pictures in the Qt resources; 1.2.2 has to be told
class ResourcePixmapLoader : public PixmapLoader
{
public:
	using PixmapLoader::PixmapLoader;
	QPixmap pixmap() const override { return QPixmap(":/artwork/continuofx/" + m_name + ".png"); }
};
inline PixmapLoader* makeLogo(const char* name) { return new ResourcePixmapLoader(name); }

//! An effect seen as a function of one block
class BlockEffect : public Effect
{
public:
	using Effect::Effect;

protected:
	//! `on`: the user's switch  [audio-thread]
	virtual BlockResult processBlock(float* interleaved, int frames, bool on) = 0;
	//! True where the user has set a level below which sound may be cut off
	bool hasGate() const { return gate() > 0; }

private:
	bool processAudioBuffer(sampleFrame* buffer, const fpp_t frames) override
	{
		if (!isRunning()) { return false; }
		const auto result = processBlock(buffer[0], frames, isEnabled());
		if (result == BlockResult::Off) { return false; }
		if (result == BlockResult::MayRest)
		{
			double energy = 0;
			for (int frame = 0; frame < frames; ++frame)
			{
				energy += buffer[frame][0] * buffer[frame][0] + buffer[frame][1] * buffer[frame][1];
			}
			checkGate(energy / frames);
		}
		return isRunning();
	}
};

} // namespace continuo::fx

#endif
