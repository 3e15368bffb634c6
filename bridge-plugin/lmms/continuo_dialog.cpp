// SPDX-License-Identifier: GPL-3.0-or-later
#include "continuo_dialog.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QTimer>
#include <algorithm>
#include <iterator>

#include "continuo_effect.h"
#include "help/help.h"
#include "install_offer.h"
#include "link_row.h"
#include "model_list.h"
#include "panel/compare_buttons.h"
#include "panel/figure_row.h"
#include "panel/knob_field.h"
#include "panel/live_view.h"
#include "panel/loudness_button.h"
#include "panel/panel_style.h"
#include "panel/preset_button.h"
#include "studio/studio_view.h"

namespace continuo::fx
{

namespace
{

constexpr int comboHeight = 22;
constexpr int gap = 6;
constexpr int modeWidth = 88;
constexpr int channelWidth = 118;
constexpr int lampSize = 9;
constexpr int margin = 10;
constexpr int pollMilliseconds = 200;
constexpr int pollsBetweenQuestions = 25; // 5 s, where the daemon has not answered yet

constexpr client::Mode modes[] = {client::Mode::kAuto, client::Mode::kDirect, client::Mode::kPipelined};

constexpr client::ChannelMode channelModes[] = {client::ChannelMode::kEach, client::ChannelMode::kMid};

//! Green: sound flows; amber: on its way; red: it will not by itself; grey: nothing to do
const char* lampColour(client::Connection connection)
{
	switch (connection)
	{
	case client::Connection::kConnected: return "#0bd556";
	case client::Connection::kConnecting:
	case client::Connection::kOpening:
	case client::Connection::kRestarting: return "#e8a33d";
	case client::Connection::kUnavailable: return "#e0483e";
	case client::Connection::kIdle: break;
	}
	return "#6b7480";
}

QHBoxLayout* makeRow()
{
	auto* row = new QHBoxLayout;
	row->setSpacing(gap);
	return row;
}

} // namespace


ContinuoDialog::ContinuoDialog(ContinuoControls* controls) : EffectControlDialog(controls), m_controls(controls)
{
	setObjectName("panel");
	setAttribute(Qt::WA_StyledBackground);
	setStyleSheet(panelStyle());
	setFont(panelFont(font(), textPixels));
	setWindowIcon(QPixmap(":/artwork/continuofx/logo.png"));
	withHelp(this, "effect");
	new WindowHelp(this);

	auto* column = new QVBoxLayout(this);
	column->setContentsMargins(margin, margin, margin, margin);
	column->setSpacing(gap);
	column->setSizeConstraint(QLayout::SetFixedSize);
	column->addLayout(makeStreamRow());
	column->addLayout(makeSettingsRow());
	m_knobs = withHelp(new KnobField(this), "effect#knobs");
	column->addWidget(m_knobs);
	m_links = withHelp(new LinkRow(m_controls, this), "effect#link");
	column->addWidget(m_links);
	column->addWidget(withHelp(new LiveView(controls, this), "effect#curve-and-spectrum"));
	m_figures = withHelp(new FigureRow(this), "effect#missed-and-late");
	column->addWidget(m_figures);
	column->addLayout(makeStateRow());
	m_offer = withHelp(new InstallOffer(m_controls, this), "effect#install");
	column->addWidget(m_offer);

	connect(&m_modelChoice, &ComboBoxModel::dataChanged, this, &ContinuoDialog::takeModel);
	connect(&m_modeChoice, &ComboBoxModel::dataChanged, this, &ContinuoDialog::takeMode);
	connect(&m_channelChoice, &ComboBoxModel::dataChanged, this, &ContinuoDialog::takeChannels);
	connect(m_controls, &ContinuoControls::parametersChanged, this, &ContinuoDialog::buildKnobs);
	connect(m_controls, &ContinuoControls::parametersChanged, this, &ContinuoDialog::fillModels);
	connect(&ModelList::instance(), &ModelList::answered, this, &ContinuoDialog::fillModels);
	m_timer = new QTimer(this);
	m_timer->setInterval(pollMilliseconds);
	connect(m_timer, &QTimer::timeout, this, &ContinuoDialog::poll);

	fillModels();
	buildKnobs();
}

ContinuoDialog::~ContinuoDialog()
{
	// A ComboBoxModel changes once more while it is destroyed.
	m_modelChoice.disconnect(this);
	m_modeChoice.disconnect(this);
	m_channelChoice.disconnect(this);
}

void ContinuoDialog::showEvent(QShowEvent* event)
{
	EffectControlDialog::showEvent(event);
	ModelList::instance().ask();
	refresh();
	m_timer->start();
}

void ContinuoDialog::hideEvent(QHideEvent* event)
{
	EffectControlDialog::hideEvent(event);
	m_timer->stop();
}

QLayout* ContinuoDialog::makeStreamRow()
{
	m_modelBox = withHelp(new ComboBox(this), "effect#model");
	m_modelBox->setModel(&m_modelChoice);

	m_channelChoice.addItem(tr("each channel"));
	m_channelChoice.addItem(tr("mid"));
	m_channelBox = withHelp(new ComboBox(this), "effect#channels");
	m_channelBox->setModel(&m_channelChoice);
	m_channelBox->setToolTip(tr("This model is mono.\n"
								"each channel: left and right go through it apart\n"
								"mid: their mean goes through it once, to both sides; half the work"));

	for (const auto mode : modes) { m_modeChoice.addItem(client::ToWords(mode)); }
	auto* modeBox = withHelp(new ComboBox(this), "effect#mode");
	modeBox->setModel(&m_modeChoice);
	modeBox->setToolTip(tr("direct: no added latency, waits for each block's result\n"
						   "pipelined: takes an earlier block's result, never waits\n"
						   "auto: direct while that works, else pipelined, and back"));

	auto* row = makeRow();
	for (auto* box : {m_modelBox, m_channelBox, modeBox})
	{
		box->setFixedHeight(comboHeight);
		box->setContextMenuPolicy(Qt::PreventContextMenu);
		row->addWidget(box);
	}
	m_channelBox->setFixedWidth(channelWidth);
	modeBox->setFixedWidth(modeWidth);
	showChannels(false);
	return row;
}

QLayout* ContinuoDialog::makeSettingsRow()
{
	m_presets = withHelp(new PresetButton(m_controls, this), "effect#presets");
	m_presets->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
	m_browse = withHelp(new QPushButton(tr("Models…"), this), "models");
	m_browse->setToolTip(tr("Opens the studio's list of models: what is installed, and what your repositories have"));
	connect(m_browse, &QPushButton::clicked, this, [] {
		if (auto* studio = StudioView::instance()) { studio->showModels(); }
	});
	auto* row = makeRow();
	row->addWidget(m_presets, 1);
	row->addWidget(withHelp(new CompareButtons(m_controls, this), "effect#a-and-b"));
	row->addWidget(withHelp(new LoudnessButton(m_controls, this), "effect#equal-loudness"));
	row->addWidget(m_browse);
	return row;
}

QLayout* ContinuoDialog::makeStateRow()
{
	m_lamp = withHelp(new QLabel(this), "effect#lamp");
	m_lamp->setFixedSize(lampSize, lampSize);
	m_state = withHelp(new ElidedLabel(this), "effect#lamp");
	m_state->setFont(font());
	m_state->setFixedWidth(panelWidth - lampSize - gap);
	auto* row = makeRow();
	row->addWidget(m_lamp);
	row->addWidget(m_state);
	return row;
}

void ContinuoDialog::buildKnobs()
{
	m_knobs->setParameters(m_controls->parameters().listed());
	refresh();
}

void ContinuoDialog::fillModels()
{
	const auto& list = ModelList::instance();
	const auto& models = list.models();
	m_filling = true;
	m_modelChoice.setJournalling(false); // else LMMS's undo would choose what stood here before
	m_modelChoice.clear();
	m_choices.clear();
	const auto add = [this](const QString& words, const QString& id, const QString& version) {
		m_modelChoice.addItem(words);
		m_choices.push_back({id, version});
	};
	add(list.hasAnswer() || !m_controls->modelId().isEmpty() ? tr("no model") : tr("looking for models…"), {}, {});
	int chosen = m_controls->modelId().isEmpty() ? 0 : -1;
	for (const auto& model : models)
	{
		const auto sameId = [&](const ModelEntry& other) { return other.id == model.id; };
		const bool several = std::count_if(models.begin(), models.end(), sameId) > 1;
		add(several ? model.name + " " + model.version : model.name, model.id, model.version);
		const bool matches = model.id == m_controls->modelId()
			&& (m_controls->modelVersion().isEmpty() || m_controls->modelVersion() == model.version);
		if (matches) { chosen = m_choices.size() - 1; }
	}
	if (chosen < 0)
	{
		const QString words = m_controls->modelId() + " " + m_controls->modelVersion();
		add(list.hasAnswer() && list.problem().isEmpty() ? tr("%1 (not installed)").arg(words.trimmed())
														 : words.trimmed(),
			m_controls->modelId(), m_controls->modelVersion());
		chosen = m_choices.size() - 1;
	}
	m_modelChoice.setInitValue(chosen);
	m_modelChoice.setJournalling(true);
	m_filling = false;
	m_modelBox->setToolTip(list.problem().isEmpty() ? tr("The model") : list.problem());
	m_modelBox->update();
}

void ContinuoDialog::takeModel()
{
	const int index = m_modelChoice.value();
	if (m_filling || index < 0 || index >= m_choices.size()) { return; }
	const auto [id, version] = m_choices[index];
	const bool same =
		id == m_controls->modelId() && (m_controls->modelVersion().isEmpty() || version == m_controls->modelVersion());
	if (!same) { m_controls->chooseModel(id, version); }
}

void ContinuoDialog::takeMode() { m_controls->chooseMode(modes[m_modeChoice.value()]); }

void ContinuoDialog::takeChannels() { m_controls->chooseChannelMode(channelModes[m_channelChoice.value()]); }

void ContinuoDialog::refresh()
{
	const auto snapshot = m_controls->stream().snapshot();
	const auto mode = std::find(std::begin(modes), std::end(modes), m_controls->mode()) - std::begin(modes);
	if (m_modeChoice.value() != mode) { m_modeChoice.setInitValue(static_cast<float>(mode)); }
	const int channels = m_controls->channelMode() == client::ChannelMode::kMid ? 1 : 0;
	if (m_channelChoice.value() != channels) { m_channelChoice.setInitValue(static_cast<float>(channels)); }
	showChannels(snapshot.mono_model);
	m_knobs->showValues();
	m_knobs->showRelevant(m_controls->parameters().relevant());
	m_links->showUse();
	m_presets->refresh();
	m_browse->setVisible(StudioView::instance() != nullptr);
	const auto* effect = static_cast<ContinuoEffect*>(m_controls->effect());
	m_figures->show(snapshot, effect->sampleRate(), effect->periodFrames());
	m_lamp->setStyleSheet(QString("background: %1; border-radius: 4px;").arg(lampColour(snapshot.connection)));
	showState(snapshot);
	m_offer->refresh();
}

void ContinuoDialog::poll()
{
	refresh();
	auto& list = ModelList::instance();
	const bool lacking = !list.hasAnswer() || !list.problem().isEmpty();
	if (++m_polls % pollsBetweenQuestions == 0 && lacking) { list.ask(); }
}

//! The choice takes room from the model's name, so it is there where it matters
void ContinuoDialog::showChannels(bool monoModel)
{
	m_channelBox->setVisible(monoModel);
	const int others = modeWidth + gap + (monoModel ? channelWidth + gap : 0);
	m_modelBox->setFixedWidth(panelWidth - others);
}

void ContinuoDialog::showState(const client::Snapshot& snapshot)
{
	QString words = m_controls->words(snapshot);
	if (snapshot.connection == client::Connection::kConnected)
	{
		words += tr(" · %1 %2")
					 .arg(QString::fromStdString(snapshot.model_name), QString::fromStdString(snapshot.model_version));
	}
	m_state->setWholeText(words);
}

} // namespace continuo::fx
