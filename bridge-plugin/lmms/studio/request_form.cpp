// SPDX-License-Identifier: GPL-3.0-or-later
#include "request_form.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMetaProperty>
#include <QPainter>
#include <QRandomGenerator>
#include <QRegularExpressionValidator>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <algorithm>

#include "help/help.h"
#include "shared/midi/scale.h"

namespace continuo::fx
{

namespace
{

using studio::Task;

constexpr unsigned bit(Task task) { return 1U << static_cast<unsigned>(task); }
constexpr unsigned fresh = bit(Task::kMelody) | bit(Task::kDrums);
constexpr unsigned pitched = ~(bit(Task::kDrums) | bit(Task::kHumanize));
constexpr unsigned every = ~0U;

constexpr int middle = 50;
constexpr int notSet = -1;

QIcon padlock(bool closed)
{
	QPixmap pixmap(32, 32);
	pixmap.fill(Qt::transparent);
	QPainter painter(&pixmap);
	painter.setRenderHint(QPainter::Antialiasing);
	const QColor ink(closed ? "#0bd556" : "#6b7480");
	painter.setPen(QPen(ink, 4));
	painter.drawArc(closed ? QRect(9, 5, 14, 20) : QRect(17, 5, 14, 20), 0, 180 * 16);
	painter.fillRect(QRect(5, 15, 22, 14), ink);
	return QIcon(pixmap);
}

QComboBox* combo(QWidget* parent, const QStringList& items, bool editable)
{
	auto* box = new QComboBox(parent);
	box->setEditable(editable);
	box->addItems(items);
	box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
	box->setMinimumContentsLength(6);
	return box;
}

//! Its lowest value is shown as a word, and means that nothing is said
QSpinBox* spin(QWidget* parent, int lowest, int highest, int value, const QString& lowestWord = {})
{
	auto* box = new QSpinBox(parent);
	box->setRange(lowest, highest);
	box->setValue(value);
	box->setSpecialValueText(lowestWord);
	return box;
}

QDoubleSpinBox* decimals(QWidget* parent, double highest, double step, const QString& lowestWord)
{
	auto* box = new QDoubleSpinBox(parent);
	box->setRange(0, highest);
	box->setSingleStep(step);
	box->setSpecialValueText(lowestWord);
	return box;
}

//! What is chosen or written; nothing for the first entry, which stands for nothing
QString wordOf(const QComboBox* box) { return box->currentText() == box->itemText(0) ? QString() : box->currentText(); }

} // namespace


RequestForm::RequestForm(QWidget* parent) : QWidget(parent)
{
	m_grid = new QGridLayout(this);
	m_grid->setContentsMargins(0, 0, 4, 0);
	m_grid->setHorizontalSpacing(4);
	m_grid->setColumnStretch(1, 1);
	m_grid->setVerticalSpacing(4);
	addBasics();

	m_advanced = withHelp(new QToolButton(this), "create#advanced");
	m_advanced->setText(tr("&Advanced"));
	m_advanced->setCheckable(true);
	m_advanced->setArrowType(Qt::RightArrow);
	m_advanced->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
	m_advanced->setToolTip(tr("Everything else that can be asked for"));
	m_search = withHelp(new QLineEdit(this), "create#search");
	m_search->setPlaceholderText(tr("search"));
	m_search->setClearButtonEnabled(true);
	m_search->setToolTip(tr("Shows the controls in whose name or description this is"));
	const int row = m_grid->rowCount();
	m_grid->addWidget(m_advanced, row, 0);
	m_grid->addWidget(m_search, row, 1, 1, 3);
	connect(m_advanced, &QToolButton::toggled, this, [this](bool on) {
		m_advanced->setArrowType(on ? Qt::DownArrow : Qt::RightArrow);
		showRows();
	});
	connect(m_search, &QLineEdit::textChanged, this, &RequestForm::showRows);
	addAdvanced();
	m_grid->setRowStretch(m_grid->rowCount(), 1);
	setTask(Task::kMelody);
}

void RequestForm::addRow(const QString& label, QWidget* editor, const QString& unit, const QString& help, Tasks tasks,
	bool advanced, QToolButton* lock)
{
	const int row = m_grid->rowCount();
	auto* name = new QLabel(label, this);
	name->setBuddy(editor);
	auto* unitLabel = new QLabel(unit, this);
	for (QWidget* widget : {static_cast<QWidget*>(name), editor, static_cast<QWidget*>(unitLabel)})
	{
		widget->setToolTip(help);
		widget->setProperty(helpProperty, editor->property(helpProperty));
	}
	m_grid->addWidget(name, row, 0);
	m_grid->addWidget(editor, row, 1);
	m_grid->addWidget(unitLabel, row, 2);
	QVector<QWidget*> widgets{name, editor, unitLabel};
	if (lock != nullptr)
	{
		m_grid->addWidget(lock, row, 3);
		widgets.push_back(lock);
	}
	m_rows.push_back({widgets, tasks, advanced, (label + " " + help).toLower()});
}

QToolButton* RequestForm::makeLock()
{
	auto* lock = withHelp(new QToolButton(this), "create#the-padlock");
	lock->setCheckable(true);
	lock->setAutoRaise(true);
	lock->setIcon(padlock(false));
	lock->setToolTip(tr("Locked: Randomise leaves it as it is"));
	connect(lock, &QToolButton::toggled, lock, [lock](bool on) { lock->setIcon(padlock(on)); });
	return lock;
}

void RequestForm::addMacro(const char* name, const char* place, const QString& label, const QString& ends,
	const QString& help, Tasks tasks, bool advanced)
{
	auto* slider = withHelp(new QSlider(Qt::Horizontal, this), place);
	slider->setRange(0, 100);
	slider->setValue(middle);
	auto* lock = makeLock();
	addRow(label, slider, "50 %", ends + "\n" + help, tasks, advanced, lock);
	auto* shown = qobject_cast<QLabel*>(m_rows.back().widgets[2]);
	shown->setMinimumWidth(shown->fontMetrics().horizontalAdvance("100 %"));
	connect(slider, &QSlider::valueChanged, this, [this, shown](int value) {
		shown->setText(QString("%1 %").arg(value));
		emit changed();
	});
	m_macros.push_back({slider, lock, name});
}

void RequestForm::addBasics()
{
	m_bars = withHelp(spin(this, 1, 64, 4), "create#length");
	addRow(tr("Length"), m_bars, tr("bars"), tr("How many bars are written"), fresh | bit(Task::kContinue), false);
	m_firstBar = withHelp(spin(this, 1, 64, 1), "create#from-bar-to-bar");
	m_lastBar = withHelp(spin(this, 1, 64, 1), "create#from-bar-to-bar");
	addRow(tr("From bar"), m_firstBar, {}, tr("First bar that is written anew, counted from the input's first"),
		bit(Task::kInfill), false);
	addRow(tr("to bar"), m_lastBar, {}, tr("Last bar that is written anew"), bit(Task::kInfill), false);
	m_variation = withHelp(new QSlider(Qt::Horizontal, this), "create#change");
	m_variation->setRange(0, 100);
	m_variation->setValue(30);
	addRow(tr("Change"), m_variation, "30 %", tr("The share of the input that may change"), bit(Task::kVary), false);
	auto* share = qobject_cast<QLabel*>(m_rows.back().widgets[2]);
	connect(m_variation, &QSlider::valueChanged, this, [this, share](int value) {
		share->setText(QString("%1 %").arg(value));
		emit changed();
	});
	m_style = withHelp(combo(this, {tr("any")}, true), "create#style");
	addRow(tr("Style"), m_style, {}, tr("As the model's card lists them"), fresh, false);
	addMacro("busy", "create#busy", tr("Busy"), tr("0 %: calm, 100 %: busy. In the middle: the model's choice"),
		tr("How many notes there are, and how short"), every, false);
	addMacro("adventure", "create#adventure", tr("Adventure"),
		tr("0 %: simple, 100 %: adventurous. In the middle: the model's choice"), tr("How likely the unlikely is"),
		every, false);
	m_candidates = withHelp(spin(this, 1, 16, 3), "create#candidates");
	addRow(tr("Candidates"), m_candidates, {}, tr("How many to choose from"), every, false);
	m_seed = withHelp(new QLineEdit(this), "create#seed");
	m_seed->setPlaceholderText(tr("drawn"));
	m_seed->setValidator(new QRegularExpressionValidator(QRegularExpression("[0-9]{0,19}"), m_seed));
	m_seedLock = makeLock();
	m_seedLock->setToolTip(tr("Locked: the next request has this seed too"));
	addRow(tr("See&d"), m_seed, {}, tr("The same request with the same seed gives the same notes"), every, false,
		m_seedLock);
	connect(
		m_seed, &QLineEdit::textEdited, this, [this](const QString& text) { m_seedLock->setChecked(!text.isEmpty()); });
}

void RequestForm::addAdvanced()
{
	m_model = withHelp(combo(this, {tr("automatic")}, false), "create#model");
	addRow(tr("Model"), m_model, {}, tr("Which model writes; automatic: the one that suits the task"), every, true);
	m_key = withHelp(combo(this,
						 {tr("as found"), "C", "Cm", "C#m", "Db", "D", "Dm", "Eb", "Ebm", "E", "Em", "F", "Fm", "F#",
							 "F#m", "G", "Gm", "G#m", "Ab", "A", "Am", "Bb", "Bbm", "B", "Bm"},
						 true),
		"create#key");
	addRow(tr("Key"), m_key, {}, tr("Found in the input, else the model's choice; or one of these"), pitched, true);
	m_scale = withHelp(combo(this, {tr("free"), "major", "minor", "dorian", "phrygian", "lydian", "mixolydian"}, true),
		"create#scale");
	addRow(tr("Scale"), m_scale, {}, tr("Notes outside it are not written"), pitched, true);
	m_chords = withHelp(new QLineEdit(this), "create#chords");
	m_chords->setPlaceholderText("Dm | G7 | C");
	addRow(tr("Chords"), m_chords, {}, tr("Chords in bars; several in one bar share it evenly"), pitched, true);
	m_voice = withHelp(new QLineEdit(this), "create#voice");
	m_voice->setPlaceholderText(tr("all"));
	addRow(tr("Voice"), m_voice, {}, tr("Only this voice: soprano, alto, tenor, bass, melody, chords, kick …"),
		bit(Task::kInfill), true);
	m_lowest = withHelp(spin(this, notSet, 127, notSet, tr("free")), "create#lowest-and-highest");
	m_highest = withHelp(spin(this, notSet, 127, notSet, tr("free")), "create#lowest-and-highest");
	addRow(tr("Lowest"), m_lowest, {}, tr("Lowest pitch, as MIDI counts: 60 is the middle C"), pitched, true);
	addRow(tr("Highest"), m_highest, {}, tr("Highest pitch, as MIDI counts: 60 is the middle C"), pitched, true);
	m_density = withHelp(spin(this, notSet, 100, notSet, tr("free")), "create#density");
	addRow(tr("Density"), m_density, "%", tr("Few notes to many"), every, true);
	addMacro("swing", "create#swing", tr("Swing"), tr("0 %: straight, 100 %: swung"), tr("Off-beats come later"), every,
		true);
	addMacro("human", "create#human", tr("Human"), tr("0 %: exact, 100 %: loose"),
		tr("Small differences of time and loudness"), every, true);
	m_temperature = withHelp(decimals(this, 2, 0.1, tr("the model's")), "create#temperature");
	addRow(tr("Temperature"), m_temperature, {}, tr("0.1: always the likeliest; 2: nearly anything"), every, true);
	m_topP = withHelp(decimals(this, 1, 0.05, tr("the model's")), "create#top-p");
	addRow(tr("Top p"), m_topP, {}, tr("Only the likeliest values that make up this share are drawn"), every, true);
	m_minimumScore = withHelp(decimals(this, 1, 0.05, tr("any")), "create#at-least");
	addRow(tr("At least"), m_minimumScore, tr("score"), tr("Candidates below this score are made anew"), every, true);
	m_attempts = withHelp(spin(this, 0, 16, 0, tr("4")), "create#attempts");
	addRow(tr("Attempts"), m_attempts, {}, tr("How often a candidate below the score is tried"), every, true);
	m_transforms = withHelp(new QLineEdit(this), "create#transform");
	m_transforms->setPlaceholderText("transpose:semitones=2");
	addRow(tr("Transform"), m_transforms, {},
		tr("What is done with the result: quantise:grid=16;transpose:semitones=2"), every, true);
}

void RequestForm::setTask(Task task)
{
	m_task = task;
	fillModelBox();
	showRows();
}

void RequestForm::showRows()
{
	const auto wanted = m_search->text().trimmed().toLower();
	for (const auto& row : m_rows)
	{
		const bool matters = (row.tasks & bit(m_task)) != 0;
		const bool there = !row.advanced || m_advanced->isChecked() || !wanted.isEmpty();
		const bool found = wanted.isEmpty() || row.words.contains(wanted);
		for (auto* widget : row.widgets) { widget->setVisible(matters && there && found); }
	}
}

void RequestForm::setModels(const std::vector<studio::ModelRow>& models)
{
	m_models = models;
	fillModelBox();
}

void RequestForm::fillModelBox()
{
	const auto model = m_model->currentData();
	const auto style = m_style->currentText();
	m_model->clear();
	m_model->addItem(tr("automatic"), QString());
	m_style->clear();
	m_style->addItem(tr("any"));
	for (const auto& row : m_models)
	{
		const auto& tasks = row.note_tasks;
		if (row.installed.empty() || std::find(tasks.begin(), tasks.end(), studio::ToWords(m_task)) == tasks.end())
		{
			continue;
		}
		m_model->addItem(QString::fromStdString(row.name), QString::fromStdString(row.id));
		for (const auto& name : row.styles)
		{
			const auto text = QString::fromStdString(name);
			if (m_style->findText(text) < 0) { m_style->addItem(text); }
		}
	}
	m_model->setCurrentIndex(std::max(0, m_model->findData(model)));
	m_style->setCurrentIndex(std::max(0, m_style->findText(style)));
}

void RequestForm::setInputBars(int bars)
{
	const int last = std::max(1, bars);
	m_firstBar->setMaximum(last);
	m_lastBar->setMaximum(last);
	if (m_lastBar->value() < m_firstBar->value()) { m_lastBar->setValue(m_firstBar->value()); }
}

void RequestForm::fill(studio::Request* request) const
{
	const auto matters = [this](Tasks tasks) { return (tasks & bit(m_task)) != 0; };
	const auto text = [](const QString& words) { return words.trimmed().toStdString(); };
	if (matters(fresh | bit(Task::kContinue))) { request->bars = m_bars->value(); }
	if (matters(bit(Task::kInfill)))
	{
		request->regions.push_back(
			{m_firstBar->value(), std::max(m_firstBar->value(), m_lastBar->value()), text(m_voice->text())});
	}
	if (matters(bit(Task::kVary))) { request->variation = m_variation->value() / 100.0; }
	if (matters(fresh)) { request->style = text(wordOf(m_style)); }
	for (const auto& macro : m_macros)
	{
		if (macro.slider->value() != middle) { request->macros[macro.name] = macro.slider->value() / 100.0; }
	}
	request->candidates = m_candidates->value();
	if (!m_seed->text().isEmpty() && m_seedLock->isChecked()) { request->seed = m_seed->text().toULongLong(); }
	request->model = m_model->currentData().toString().toStdString();
	if (matters(pitched))
	{
		request->key = text(wordOf(m_key));
		request->scale = text(wordOf(m_scale));
		request->chords = text(m_chords->text());
		if (m_lowest->value() != notSet || m_highest->value() != notSet)
		{
			request->lowest_pitch = std::max(0, m_lowest->value());
			request->highest_pitch = m_highest->value() == notSet ? 127 : m_highest->value();
		}
	}
	if (m_density->value() != notSet) { request->density = m_density->value() / 100.0; }
	request->temperature = m_temperature->value();
	request->top_p = m_topP->value();
	request->minimum_score = m_minimumScore->value();
	request->attempts = m_attempts->value();
	request->transforms = text(m_transforms->text());
}

void RequestForm::setSeed(std::uint64_t seed) { m_seed->setText(QString::number(seed)); }

int RequestForm::candidates() const { return m_candidates->value(); }

QVector<QPair<QString, QWidget*>> RequestForm::named() const
{
	QVector<QPair<QString, QWidget*>> all{{"bars", m_bars}, {"first_bar", m_firstBar}, {"last_bar", m_lastBar},
		{"style", m_style}, {"variation", m_variation}, {"candidates", m_candidates}, {"model", m_model},
		{"key", m_key}, {"scale", m_scale}, {"chords", m_chords}, {"voice", m_voice}, {"lowest", m_lowest},
		{"highest", m_highest}, {"density", m_density}, {"temperature", m_temperature}, {"top_p", m_topP},
		{"minimum_score", m_minimumScore}, {"attempts", m_attempts}, {"transforms", m_transforms}};
	for (const auto& macro : m_macros) { all.push_back({macro.name, macro.slider}); }
	return all;
}

QVariantMap RequestForm::values() const
{
	QVariantMap values;
	for (const auto& [name, widget] : named())
	{
		// What is chosen in a list is its text; of all others Qt knows what the user sets.
		const auto* box = qobject_cast<QComboBox*>(widget);
		const char* property = box != nullptr ? "currentText" : widget->metaObject()->userProperty().name();
		values[name] = widget->property(property);
	}
	return values;
}

void RequestForm::setValues(const QVariantMap& values)
{
	for (const auto& [name, widget] : named())
	{
		if (!values.contains(name)) { continue; }
		if (auto* box = qobject_cast<QComboBox*>(widget))
		{
			const auto text = values[name].toString();
			const int index = box->findText(text);
			if (index >= 0) { box->setCurrentIndex(index); }
			else if (box->isEditable()) { box->setEditText(text); }
			continue;
		}
		widget->setProperty(widget->metaObject()->userProperty().name(), values[name]);
	}
}

void RequestForm::randomise()
{
	auto* source = QRandomGenerator::global();
	for (const auto& macro : m_macros)
	{
		if (macro.slider->isVisibleTo(this) && !macro.lock->isChecked())
		{
			macro.slider->setValue(source->bounded(0, 21) * 5);
		}
	}
	if (!m_seedLock->isChecked()) { m_seed->clear(); }
}

} // namespace continuo::fx
