// SPDX-License-Identifier: GPL-3.0-or-later
#include "models_view.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QProgressBar>
#include <QPushButton>
#include <QTextBrowser>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "help/help.h"

namespace continuo::fx
{

namespace
{

constexpr int idRole = Qt::UserRole;
constexpr int progressSteps = 1000;
constexpr int aboutWidth = 330;

enum Column
{
	nameColumn,
	kindColumn,
	versionColumn,
	verdictColumn,
	memoryColumn,
	licenceColumn,
	columns
};

QString text(const std::string& utf8) { return QString::fromStdString(utf8); }

QString bytes(std::uint64_t count) { return QLocale().formattedDataSize(static_cast<qint64>(count), 1); }

QString versionWords(const studio::ModelRow& model)
{
	if (model.installed.empty()) { return QObject::tr("%1 to be had").arg(text(model.offered)); }
	if (model.update) { return QObject::tr("%1, update to %2").arg(text(model.installed), text(model.offered)); }
	return text(model.installed);
}

QString memoryWords(const studio::ModelRow& model)
{
	if (!model.loaded) { return {}; }
	return model.memory_bytes > 0 ? bytes(model.memory_bytes) : QObject::tr("loaded");
}

QString row(const QString& name, const std::string& value)
{
	if (value.empty()) { return {}; }
	return QString("<p><b>%1</b><br>%2</p>").arg(name, text(value).toHtmlEscaped());
}

QString aboutHtml(const studio::ModelRow& model)
{
	QString html =
		QString("<h3>%1</h3><p>%2</p>").arg(text(model.name).toHtmlEscaped(), text(model.summary).toHtmlEscaped());
	std::string tasks;
	for (const auto& task : model.note_tasks) { tasks += (tasks.empty() ? "" : ", ") + task; }
	html += row(QObject::tr("Can"), tasks);
	html += row(QObject::tr("Version"), versionWords(model).toStdString());
	html += row(QObject::tr("Licence"), model.license + (model.terms.empty() ? "" : ": " + model.terms));
	html += row(QObject::tr("By"), model.attribution);
	html += row(QObject::tr("Made of"), model.provenance);
	if (model.weights_bytes > 0) { html += row(QObject::tr("Weights"), bytes(model.weights_bytes).toStdString()); }
	if (!model.offered.empty())
	{
		html += row(QObject::tr("To be had from"), model.source + ", " + bytes(model.download_bytes).toStdString());
	}
	html += row(QObject::tr("On this machine"), model.verdict_reason);
	if (model.loaded)
	{
		html += row(QObject::tr("In memory"),
			QObject::tr("%1; streams: %2").arg(bytes(model.memory_bytes)).arg(model.streams).toStdString());
	}
	return html + row(QObject::tr("Id"), model.id) + row(QObject::tr("Folder"), model.path);
}

} // namespace


ModelsView::ModelsView(StudioHub* hub, QWidget* parent) : QWidget(parent), m_hub(hub)
{
	withHelp(this, "models");
	auto* line = new QHBoxLayout(this);
	auto* column = new QVBoxLayout;
	column->addWidget(makeFilters());
	m_list = withHelp(new QTreeWidget(this), "models#the-list");
	m_list->setColumnCount(columns);
	m_list->setHeaderLabels({tr("Model"), tr("Kind"), tr("Version"), tr("Here"), tr("Memory"), tr("Licence")});
	m_list->headerItem()->setToolTip(verdictColumn, tr("Whether it runs on this machine, as far as it is known"));
	m_list->headerItem()->setToolTip(memoryColumn, tr("Its weights, and what works with them"));
	m_list->setRootIsDecorated(false);
	m_list->header()->setStretchLastSection(false);
	for (int i = 0; i < columns; ++i) { m_list->header()->setSectionResizeMode(i, QHeaderView::ResizeToContents); }
	m_list->header()->setSectionResizeMode(nameColumn, QHeaderView::Stretch);
	column->addWidget(m_list, 1);
	line->addLayout(column, 1);

	auto* right = new QVBoxLayout;
	m_about = withHelp(new QTextBrowser(this), "models#about-the-model");
	m_about->setFixedWidth(aboutWidth);
	right->addWidget(m_about, 1);
	m_progress = withHelp(new QProgressBar(this), "models#install");
	m_progress->setRange(0, progressSteps);
	m_progress->setFixedWidth(aboutWidth);
	m_progress->hide();
	right->addWidget(m_progress);
	right->addWidget(makeActions());
	line->addLayout(right);

	connect(m_list, &QTreeWidget::currentItemChanged, this, &ModelsView::showCurrent);
	connect(m_hub, &StudioHub::modelsListed, this, &ModelsView::fill);
	showCurrent();
}

QWidget* ModelsView::makeFilters()
{
	auto* row = new QWidget(this);
	auto* line = new QHBoxLayout(row);
	line->setContentsMargins(0, 0, 0, 0);
	m_words = withHelp(new QLineEdit(row), "models#search");
	m_words->setPlaceholderText(tr("search"));
	m_words->setClearButtonEnabled(true);
	m_kind = withHelp(new QComboBox(row), "models#which-kind");
	m_kind->addItems({tr("all"), tr("notes"), tr("audio effects"), tr("installed"), tr("to be had")});
	auto* refresh = withHelp(new QPushButton(tr("Refresh"), row), "models#refresh");
	refresh->setToolTip(tr("Asks the daemon and the repositories again"));
	line->addWidget(m_words, 1);
	line->addWidget(m_kind);
	line->addWidget(refresh);
	connect(m_words, &QLineEdit::textChanged, this, &ModelsView::fill);
	connect(m_kind, QOverload<int>::of(&QComboBox::currentIndexChanged), this, &ModelsView::fill);
	connect(refresh, &QPushButton::clicked, m_hub, &StudioHub::askForModels);
	return row;
}

QWidget* ModelsView::makeActions()
{
	auto* row = new QWidget(this);
	auto* line = new QHBoxLayout(row);
	line->setContentsMargins(0, 0, 0, 0);
	m_install = withHelp(new QPushButton(tr("&Install"), row), "models#install");
	m_cancel = withHelp(new QPushButton(tr("Cancel"), row), "models#cancel");
	m_remove = withHelp(new QPushButton(tr("Remove"), row), "models#remove");
	m_remove->setToolTip(tr("Takes its files away. Models that came with Continuo stay"));
	line->addWidget(m_install, 1);
	line->addWidget(m_cancel);
	line->addWidget(m_remove);
	connect(m_install, &QPushButton::clicked, this, &ModelsView::install);
	connect(m_cancel, &QPushButton::clicked, this, [this] { m_hub->studio().Cancel(m_installing); });
	connect(m_remove, &QPushButton::clicked, this, &ModelsView::remove);
	return row;
}

void ModelsView::showEvent(QShowEvent* event)
{
	QWidget::showEvent(event);
	// Memory is as it was when it was asked for.
	if (m_hub->isConnected()) { m_hub->askForModels(); }
}

void ModelsView::fill()
{
	const auto& answer = m_hub->models();
	if (!answer.problem.empty()) { emit said(text(answer.problem)); }
	else if (!answer.remark.empty()) { emit said(tr("Repositories: %1").arg(text(answer.remark))); }
	const auto* item = m_list->currentItem();
	const auto before = item == nullptr ? QString() : item->data(0, idRole).toString();
	const auto words = m_words->text().trimmed().toLower();
	const auto matches = [&](const studio::ModelRow& model) {
		const auto all = text(model.id + " " + model.name + " " + model.summary + " " + model.attribution).toLower();
		if (!all.contains(words)) { return false; }
		switch (m_kind->currentIndex())
		{
		case 1: return model.kind == "notes";
		case 2: return model.kind != "notes";
		case 3: return !model.installed.empty();
		case 4: return model.installed.empty() || model.update;
		default: return true;
		}
	};
	{
		const QSignalBlocker blocker(m_list);
		m_list->clear();
		for (const auto& model : answer.models)
		{
			if (!matches(model)) { continue; }
			auto* added = new QTreeWidgetItem(m_list,
				{text(model.name), text(model.kind), versionWords(model), text(model.verdict), memoryWords(model),
					text(model.license)});
			added->setData(0, idRole, text(model.id));
			added->setToolTip(verdictColumn, text(model.verdict_reason));
			added->setToolTip(nameColumn, text(model.summary));
			if (text(model.id) == before) { m_list->setCurrentItem(added); }
		}
		if (m_list->currentItem() == nullptr) { m_list->setCurrentItem(m_list->topLevelItem(0)); }
	}
	showCurrent();
}

const studio::ModelRow* ModelsView::current() const
{
	const auto* item = m_list->currentItem();
	if (item == nullptr) { return nullptr; }
	const auto& models = m_hub->models().models;
	const auto found = std::find_if(models.begin(), models.end(),
		[item](const studio::ModelRow& model) { return text(model.id) == item->data(0, idRole).toString(); });
	return found == models.end() ? nullptr : &*found;
}

void ModelsView::showCurrent()
{
	const auto* model = current();
	m_about->setHtml(model == nullptr ? tr("<p>No model is chosen.</p>") : aboutHtml(*model));
	const bool canInstall = model != nullptr && (model->installed.empty() || model->update) && !model->offered.empty();
	m_install->setText(
		model != nullptr && model->update ? tr("Update to %1").arg(text(model->offered)) : tr("&Install"));
	m_install->setEnabled(canInstall && !m_busy);
	m_cancel->setEnabled(m_busy);
	m_remove->setEnabled(model != nullptr && !model->installed.empty() && !m_busy);
}

void ModelsView::install()
{
	const auto* model = current();
	if (model == nullptr || m_busy) { return; }
	m_busy = true;
	m_progress->setRange(0, 0);
	m_progress->show();
	m_installing = m_hub->studio().Install(
		model->id, {}, [this](const studio::Installing& installing) { takeInstalling(installing); });
	showCurrent();
}

void ModelsView::takeInstalling(const studio::Installing& installing)
{
	if (!installing.ended)
	{
		m_progress->setRange(0, installing.total_bytes > 0 ? progressSteps : 0);
		if (installing.total_bytes > 0)
		{
			m_progress->setValue(static_cast<int>(progressSteps * installing.bytes / installing.total_bytes));
		}
		emit said(text(installing.step)
			+ (installing.total_bytes > 0 ? " · " + bytes(installing.bytes) + " / " + bytes(installing.total_bytes)
										  : QString()));
		return;
	}
	m_busy = false;
	m_progress->hide();
	if (installing.cancelled) { emit said(tr("cancelled; nothing has changed")); }
	else if (!installing.problem.empty()) { emit said(text(installing.problem)); }
	else { emit said(tr("Installed %1").arg(text(installing.done))); }
	m_hub->askForModels();
	showCurrent();
}

void ModelsView::remove()
{
	const auto* model = current();
	if (model == nullptr) { return; }
	const auto name = text(model->name);
	const auto id = model->id;
	const auto answer = QMessageBox::question(this, tr("Remove a model"),
		tr("Remove '%1' (%2), all versions, with its files?").arg(name, text(model->path)),
		QMessageBox::Yes | QMessageBox::Cancel, QMessageBox::Cancel);
	if (answer != QMessageBox::Yes) { return; }
	m_hub->studio().Remove(id, [this, name](const std::string& problem) {
		emit said(problem.empty() ? tr("Removed '%1'").arg(name) : text(problem));
		m_hub->askForModels();
	});
}

} // namespace continuo::fx
