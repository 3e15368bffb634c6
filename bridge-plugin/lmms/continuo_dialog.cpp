// SPDX-License-Identifier: GPL-3.0-or-later
#include "continuo_dialog.h"

#include <QGridLayout>
#include <QTimer>
#include <algorithm>
#include <iterator>

#include "continuo_effect.h"
#include "model_list.h"

namespace continuo::fx
{

namespace
{

constexpr int knobsPerRow = 6;
constexpr int knobCellWidth = 58;
constexpr int knobCellHeight = 46;
constexpr int comboHeight = 22;
constexpr int comboGap = 6;
constexpr int modeWidth = 88;
constexpr int channelWidth = 118;
constexpr int lineHeight = 18;
constexpr int margin = 10;
constexpr int innerWidth = knobsPerRow * knobCellWidth;
constexpr int pollMilliseconds = 200;
constexpr int pollsBetweenQuestions = 25; // 5 s, where the daemon has not answered yet

constexpr client::Mode modes[] = {client::Mode::kAuto, client::Mode::kDirect, client::Mode::kPipelined};

constexpr client::ChannelMode channelModes[] = {client::ChannelMode::kEach, client::ChannelMode::kMid};

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

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

//! LMMS prints a knob's name under it in small capitals, so it has to be short
QString knobLabel(const QString& name)
{
	constexpr int longest = 10;
	const QString upper = name.toUpper();
	return upper.size() <= longest ? upper : upper.left(longest - 1) + QChar(0x2026);
}

} // namespace


ContinuoDialog::ContinuoDialog(ContinuoControls* controls) : EffectControlDialog(controls), m_controls(controls)
{
	setAutoFillBackground(true);
	QPalette background;
	background.setColor(backgroundRole(), QColor(0x26, 0x2b, 0x30));
	setPalette(background);

	setWindowIcon(QPixmap(":/artwork/continuofx/logo.png"));

	m_modelBox = new ComboBox(this);
	m_modelBox->setModel(&m_modelChoice);
	m_modelBox->setContextMenuPolicy(Qt::PreventContextMenu);

	m_channelChoice.addItem(tr("each channel"));
	m_channelChoice.addItem(tr("mid"));
	m_channelBox = new ComboBox(this);
	m_channelBox->setModel(&m_channelChoice);
	m_channelBox->setGeometry(
		margin + innerWidth - modeWidth - comboGap - channelWidth, margin, channelWidth, comboHeight);
	m_channelBox->setContextMenuPolicy(Qt::PreventContextMenu);
	m_channelBox->setToolTip(tr("This model is mono.\n"
								"each channel: left and right go through it apart\n"
								"mid: their mean goes through it once, to both sides; half the work"));
	showChannels(false);

	for (const auto mode : modes) { m_modeChoice.addItem(client::ToWords(mode)); }
	auto* modeBox = new ComboBox(this);
	modeBox->setModel(&m_modeChoice);
	modeBox->setGeometry(margin + innerWidth - modeWidth, margin, modeWidth, comboHeight);
	modeBox->setContextMenuPolicy(Qt::PreventContextMenu);
	modeBox->setToolTip(tr("direct: no added latency, waits for each block's result\n"
						   "pipelined: takes an earlier block's result, never waits\n"
						   "auto: direct while that works, else pipelined, and back"));

	m_knobs = new QWidget(this);
	m_knobLayout = new QGridLayout(m_knobs);
	m_knobLayout->setContentsMargins(0, 0, 0, 0);
	m_knobLayout->setSpacing(0);

	m_figures = new ElidedLabel(this);
	m_stream = new ElidedLabel(this);
	m_lamp = new QLabel(this);
	m_state = new ElidedLabel(this);
	for (auto* label : {m_figures, m_stream, m_state})
	{
		QFont font = label->font();
		font.setPixelSize(11);
		label->setFont(font);
	}

	connect(&m_modelChoice, &ComboBoxModel::dataChanged, this, &ContinuoDialog::takeModel);
	connect(&m_modeChoice, &ComboBoxModel::dataChanged, this, &ContinuoDialog::takeMode);
	connect(&m_channelChoice, &ComboBoxModel::dataChanged, this, &ContinuoDialog::takeChannels);
	connect(m_controls, &ContinuoControls::parametersChanged, this, &ContinuoDialog::buildKnobs);
	connect(m_controls, &ContinuoControls::parametersChanged, this, &ContinuoDialog::fillModels);
	connect(&ModelList::instance(), &ModelList::answered, this, &ContinuoDialog::fillModels);
	auto* timer = new QTimer(this);
	connect(timer, &QTimer::timeout, this, &ContinuoDialog::refresh);
	timer->start(pollMilliseconds);

	ModelList::instance().ask();
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

void ContinuoDialog::buildKnobs()
{
	while (auto* item = m_knobLayout->takeAt(0))
	{
		delete item->widget();
		delete item;
	}
	m_knobOf.clear();
	const auto parameters = m_controls->parameters().listed();
	const int count = static_cast<int>(parameters.size());
	const int columns = qBound(1, count, knobsPerRow);
	const int rows = qMax(1, (count + knobsPerRow - 1) / knobsPerRow);
	for (int i = 0; i < count; ++i)
	{
		auto* parameter = parameters[static_cast<size_t>(i)];
		const auto& info = parameter->info();
		auto* knob = makeKnob(knobLabel(text(info.name)), m_knobs);
		knob->setModel(parameter);
		knob->setHintText(text(info.name) + ":", info.unit.empty() ? QString() : " " + text(info.unit));
		knob->setToolTip(info.description.empty() ? text(info.name) : text(info.name + ": " + info.description));
		m_knobLayout->addWidget(knob, i / knobsPerRow, i % knobsPerRow, Qt::AlignHCenter | Qt::AlignTop);
		m_knobOf.push_back(knob);
	}

	int y = margin + comboHeight + margin;
	// A last row that is not full stays under the columns of the rows above it.
	m_knobs->setGeometry(
		margin + (innerWidth - columns * knobCellWidth) / 2, y, columns * knobCellWidth, rows * knobCellHeight);
	for (int column = 0; column < columns; ++column) { m_knobLayout->setColumnMinimumWidth(column, knobCellWidth); }
	for (int row = 0; row < rows; ++row) { m_knobLayout->setRowMinimumHeight(row, knobCellHeight); }
	m_knobs->show();
	y += rows * knobCellHeight + 4;
	m_figures->setGeometry(margin, y, innerWidth, 16);
	y += lineHeight;
	m_stream->setGeometry(margin, y, innerWidth, 16);
	y += lineHeight;
	m_lamp->setGeometry(margin, y + 4, 9, 9);
	m_state->setGeometry(margin + 16, y, innerWidth - 16, 16);
	setFixedSize(innerWidth + 2 * margin, y + 16 + margin);
	refresh();
}

void ContinuoDialog::fillModels()
{
	const auto& list = ModelList::instance();
	const auto& models = list.models();
	const bool alone = m_controls->isUntouched() && models.size() == 1;
	if (alone)
	{
		// Nothing to choose from: a new effect sounds at once.
		m_controls->chooseModel(models[0].id, models[0].version);
		return; // comes back by parametersChanged()
	}

	m_filling = true;
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
	m_controls->parameters().pull(m_controls->stream());
	const auto mode = std::find(std::begin(modes), std::end(modes), m_controls->mode()) - std::begin(modes);
	if (m_modeChoice.value() != mode) { m_modeChoice.setInitValue(static_cast<float>(mode)); }
	const int channels = m_controls->channelMode() == client::ChannelMode::kMid ? 1 : 0;
	if (m_channelChoice.value() != channels) { m_channelChoice.setInitValue(static_cast<float>(channels)); }
	showChannels(snapshot.mono_model);
	showKnobs();
	showFigures(snapshot);
	showStream(snapshot);
	showState(snapshot);
	const auto& list = ModelList::instance();
	const bool lacking = !list.hasAnswer() || !list.problem().isEmpty();
	if (++m_polls % pollsBetweenQuestions == 0 && isVisible() && lacking) { ModelList::instance().ask(); }
}

//! The choice takes room from the model's name, so it is there where it matters
void ContinuoDialog::showChannels(bool monoModel)
{
	m_channelBox->setVisible(monoModel);
	const int others = modeWidth + comboGap + (monoModel ? channelWidth + comboGap : 0);
	m_modelBox->setGeometry(margin, margin, innerWidth - others, comboHeight);
}

//! Those that matter as the others stand, each in its place, so that none moves away from a hand
void ContinuoDialog::showKnobs()
{
	const auto relevant = m_controls->parameters().relevant();
	// A parameter that has just been listed gets its knob with parametersChanged().
	const size_t count = std::min(relevant.size(), m_knobOf.size());
	for (size_t i = 0; i < count; ++i) { m_knobOf[i]->setVisible(relevant[i]); }
}

void ContinuoDialog::showFigures(const client::Snapshot& snapshot)
{
	if (snapshot.connection != client::Connection::kConnected)
	{
		m_figures->setWholeText(text(snapshot.model_name));
		return;
	}
	const auto* effect = static_cast<ContinuoEffect*>(m_controls->effect());
	const double milliseconds = 1000.0 * snapshot.latency_frames / effect->sampleRate();
	m_figures->setWholeText(tr("%1 %2 · latency %3 frames (%4 ms)")
								.arg(text(snapshot.model_name), text(snapshot.model_version))
								.arg(snapshot.latency_frames)
								.arg(milliseconds, 0, 'f', 1));
}

void ContinuoDialog::showStream(const client::Snapshot& snapshot)
{
	if (snapshot.connection != client::Connection::kConnected)
	{
		m_stream->setWholeText({});
		return;
	}
	QString words =
		tr("%1 · %2 missed, %3 late").arg(client::ToWords(snapshot.mode)).arg(snapshot.missed).arg(snapshot.late);
	if (snapshot.at_rest) { words += tr(" · at rest"); }
	m_stream->setWholeText(words,
		tr("%1\nmissed: blocks without a result in time, which sound dry; late: of these, answered afterwards\n"
		   "at rest: silence goes in and out, and takes no processor")
			.arg(text(snapshot.mode_reason)));
}

void ContinuoDialog::showState(const client::Snapshot& snapshot)
{
	m_lamp->setStyleSheet(QString("background: %1; border-radius: 4px;").arg(lampColour(snapshot.connection)));
	m_state->setWholeText(m_controls->words(snapshot));
}

} // namespace continuo::fx
