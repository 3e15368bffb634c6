// SPDX-License-Identifier: GPL-3.0-or-later
#include "continuo_effect.h"

#include <QObject>
#include <algorithm>
#include <utility>

#include "host_period.h"
#include "host_transport.h"
#include "model_features.h"
#include "model_list.h"
#include "report.h"

namespace continuo::fx
{

namespace
{
constexpr double modelPatienceSeconds = 10.0; // in an export, before the stream's own patience
} // namespace

extern "C" {

CONTINUO_PLUGIN_EXPORT Plugin::Descriptor continuofx_plugin_descriptor = {
	"continuofx",
	"Continuo",
	QT_TRANSLATE_NOOP("pluginBrowser", "Neural effects that run in their own process"),
	"The Continuo authors",
	0x0100,
	effectPluginType,
	makeLogo("logo"),
	nullptr,
	new ModelFeatures,
};

CONTINUO_PLUGIN_EXPORT Plugin* lmms_plugin_main(Model* parent, void* data)
{
	return new ContinuoEffect(parent, static_cast<const Plugin::Descriptor::SubPluginFeatures::Key*>(data));
}

} // extern "C"


ContinuoEffect::ContinuoEffect(Model* parent, const Descriptor::SubPluginFeatures::Key* key) :
	BlockEffect(&continuofx_plugin_descriptor, parent, key),
	m_controls(this),
	m_sampleRate(hostSampleRate())
{
	for (auto& channel : m_planar) { channel.resize(hostEngine()->framesPerPeriod()); }
	m_switch.Begin(m_sampleRate);
	countHostPeriods();
	followHostTransport();
	m_stream = std::make_unique<client::Stream>(wantedConfig());
	m_stream->SetListener([this] {
		m_controls.bindParameters();
		QMetaObject::invokeMethod(&m_controls, "adopt", Qt::QueuedConnection);
	});
	// Emitted on this thread while no audio is processed: at the start and the end of every export.
	connect(hostEngine(), &HostEngine::sampleRateChanged, this, [this] {
		m_deviceChanged.store(true, std::memory_order_release);
		if (hostSampleRate() != m_sampleRate) { reopen(); }
	});
	connect(&m_controls, &ContinuoControls::parametersChanged, this, [this] {
		nameModelInKey();
		emit dataChanged(); // for the name in the rack
	});
	connect(&ModelList::instance(), &ModelList::answered, this, [this] { emit dataChanged(); });
	if (key == nullptr || modelOf(*key).isEmpty()) { return; }
	m_controls.beginWith(modelOf(*key));
	// In a project the state comes next and has the last word: no model is loaded for nothing.
	const auto begin = [this] {
		if (!m_reopened) { reopen(); }
	};
	QMetaObject::invokeMethod(this, begin, Qt::QueuedConnection);
}

ContinuoEffect::~ContinuoEffect() { appendReport(*m_stream, m_controls, m_sampleRate); }

QString ContinuoEffect::displayName() const
{
	const QString& id = m_controls.modelId();
	if (id.isEmpty()) { return descriptor()->displayName; }
	const auto* model = ModelList::instance().find(id);
	return model == nullptr ? id : model->name;
}

//! So that an LMMS without this plugin can say what is missing. The key is LMMS's own member, which
//! it gives out as const, for it has no effect that becomes another one
void ContinuoEffect::nameModelInKey()
{
	setModelOf(const_cast<Descriptor::SubPluginFeatures::Key&>(key()), m_controls.modelId());
}

client::StreamConfig ContinuoEffect::wantedConfig()
{
	client::StreamConfig config;
	config.model_id = m_controls.modelId().toStdString();
	config.model_version = m_controls.modelVersion().toStdString();
	config.sample_rate_hz = m_sampleRate;
	config.channels = 2;
	config.maximum_block_frames = static_cast<quint32>(m_planar[0].size());
	config.mode = m_controls.mode();
	config.channel_mode = m_controls.channelMode();
	config.parameters = m_controls.parameters().open();
	config.link_group = m_controls.activeLink().toStdString();
	config.send_key = m_controls.sendKey().toStdString();
	config.take_key = m_controls.takeKey().toStdString();
	config.key_channels = m_controls.takeKey().isEmpty() ? 0 : 2;
	config.client_name = "LMMS " LMMS_VERSION;
	return config;
}

void ContinuoEffect::reopen()
{
	m_reopened = true;
	m_sampleRate = hostSampleRate();
	m_stream->Reconfigure(wantedConfig());
	m_controls.bindParameters();
	m_modelAwaited.store(!m_controls.modelId().isEmpty(), std::memory_order_release);
}

//! An export begins with what the project says, so its first block needs the parameters' indices.
void ContinuoEffect::awaitModel() noexcept
{
	if (!m_modelAwaited.exchange(false)) { return; }
	if (m_stream->WaitUntilSettled(modelPatienceSeconds)) { m_controls.bindParameters(); }
}

//! What the stream has to do with the block
client::BypassSwitch::Task ContinuoEffect::followSwitch(bool on)
{
	// A render starts from rest, whatever has been played before.
	if (m_deviceChanged.exchange(false, std::memory_order_acquire))
	{
		m_stream->Reset();
		m_switch.Begin(m_sampleRate);
	}
	// LMMS leaves out an effect that rests, but also one of a muted channel or a chain that is off.
	const quint64 before = std::exchange(m_period, hostPeriod());
	const bool wasResting = std::exchange(m_resting, false);
	const bool interrupted = m_period != before + 1 && !(wasResting && on);
	const auto task = m_switch.Follow(on, interrupted);
	if (task == client::BypassSwitch::Task::kProcessFromRest) { m_stream->Reset(); }
	return task;
}

BlockResult ContinuoEffect::processBlock(float* interleaved, int frames, bool on)
{
	if (followSwitch(on) == client::BypassSwitch::Task::kNothing) { return BlockResult::Off; }
	client::BlockContext context;
	context.transport = hostTransport(frames);
	context.offline = (context.transport.flags & ipc::kTransportExporting) != 0;
	context.period = hostPeriod();
	context.wet_gain = wetLevel();
	context.dry_gain = dryLevel();

	if (context.offline) { awaitModel(); }
	m_controls.parameters().push(*m_stream);

	bool silentInput = true;
	for (int frame = 0; frame < frames; ++frame)
	{
		for (int channel = 0; channel < 2; ++channel)
		{
			const float sample = interleaved[2 * frame + channel];
			m_planar[channel][frame] = sample;
			silentInput = silentInput && sample == 0;
		}
	}
	float* const planar[2] = {m_planar[0].data(), m_planar[1].data()};
	m_tap.TakeInput(planar, static_cast<quint32>(frames));
	m_stream->Process(planar, planar, static_cast<quint32>(frames), context);
	m_tap.TakeOutput(planar, static_cast<quint32>(frames));
	m_comparisonGain.Apply(planar, 2, static_cast<quint32>(frames), m_sampleRate, context.offline);
	giveOut(interleaved, frames);
	m_resting = mayRest(silentInput, static_cast<quint32>(frames));
	return m_resting ? BlockResult::MayRest : BlockResult::Sounds;
}

//! `interleaved` has the input still
void ContinuoEffect::giveOut(float* interleaved, int frames)
{
	const bool isOn = m_switch.IsOn();
	const quint32 latency = m_stream->latency_frames();
	for (int frame = 0; frame < frames; ++frame)
	{
		const float share = isOn ? 1.0F : m_switch.Next(latency);
		for (int channel = 0; channel < 2; ++channel)
		{
			const float wet = m_planar[channel][frame];
			float& sample = interleaved[2 * frame + channel];
			sample = share == 1.0F ? wet : sample + share * (wet - sample);
		}
	}
}

//! Auto-quit looks at the result, which comes late; and what is silent need not be at rest: a
//! compressor lets go, a delay waits for its next repeat. The user's gate has the last word.
bool ContinuoEffect::mayRest(bool silentInput, quint32 frames)
{
	const quint32 latency = m_stream->latency_frames();
	m_silentInputFrames = silentInput ? std::min(m_silentInputFrames + frames, latency + 1) : 0;
	return m_silentInputFrames > latency && m_switch.IsOn() && (m_stream->may_rest() || hasGate());
}

} // namespace continuo::fx
