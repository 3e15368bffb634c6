// SPDX-License-Identifier: GPL-3.0-or-later
// The effect `continuofx`: one LMMS effect, one stream to the daemon.
//
// Threads: LMMS calls processBlock() from either the FIFO writer or a mixer worker, changing from
// block to block, never two at a time: [audio-thread]. All else is [main-thread], LMMS's GUI thread.
// Real time: processBlock() neither allocates, locks, logs nor waits but within Stream::Process();
// while LMMS exports it may wait once for the model, so that the first block already knows it.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "continuo_controls.h"
#include "lmms_compat.h"
#include "client_stream.h"
#include "shared/client/bypass_switch.h"
#include "shared/scope/gain_ramp.h"

namespace continuo::fx
{

class ContinuoEffect : public BlockEffect
{
public:
	ContinuoEffect(Model* parent, const Descriptor::SubPluginFeatures::Key* key);
	~ContinuoEffect() override;

	EffectControls* controls() override { return &m_controls; }
	//! The model's name: one rack may have many of these effects
	QString displayName() const override;
	client::Stream& stream() { return *m_stream; }
	quint32 sampleRate() const { return m_sampleRate; }
	quint32 periodFrames() const { return static_cast<quint32>(m_planar[0].size()); }
	//! What went in and came out, where a panel watches
	scope::SignalTap& tap() { return m_tap; }
	//! Behind all that is saved, measured and drawn: for a comparison by ear alone
	scope::GainRamp& comparisonGain() { return m_comparisonGain; }

	//! Opens the stream anew with what the controls and the host say now  [main-thread]
	void reopen();

private:
	BlockResult processBlock(float* interleaved, int frames, bool on) override;
	client::BypassSwitch::Task followSwitch(bool on);
	void awaitModel() noexcept;
	void giveOut(float* interleaved, int frames);
	bool mayRest(bool silentInput, quint32 frames);
	client::StreamConfig wantedConfig();
	void nameModelInKey();

	scope::SignalTap m_tap;
	scope::GainRamp m_comparisonGain;
	ContinuoControls m_controls;
	quint32 m_sampleRate;
	std::unique_ptr<client::Stream> m_stream; //!< behind m_controls, which its control thread calls to its end
	bool m_reopened = false;

	std::vector<float> m_planar[2];
	std::atomic<bool> m_modelAwaited{false};  //!< by the next offline block
	std::atomic<bool> m_deviceChanged{false}; //!< an export has begun or ended

	// [audio-thread]
	client::BypassSwitch m_switch;
	quint64 m_period = 0;            //!< of the last call
	bool m_resting = false;          //!< LMMS was told so in that call
	quint32 m_silentInputFrames = 0; //!< counted as far as it matters
};

} // namespace continuo::fx
