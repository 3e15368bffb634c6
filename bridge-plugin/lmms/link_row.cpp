// SPDX-License-Identifier: GPL-3.0-or-later
#include "link_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <thread>

#include "shared/client/link_query.h"

namespace continuo::fx
{

//! One question on its way. Its end cancels the call
class LinkRow::Asker
{
public:
	explicit Asker(LinkRow* row) :
		m_thread([this, row] {
			QStringList groups;
			for (const auto& group : m_query.Run()) { groups.push_back(QString::fromStdString(group)); }
			QMetaObject::invokeMethod(row, "take", Qt::QueuedConnection, Q_ARG(QStringList, groups));
		})
	{}
	~Asker()
	{
		m_query.Cancel();
		m_thread.join();
	}
	Asker(const Asker&) = delete;
	Asker& operator=(const Asker&) = delete;

private:
	client::LinkQuery m_query{"LMMS link groups"};
	std::thread m_thread;
};


LinkRow::LinkRow(ContinuoControls* controls, QWidget* parent) :
	QWidget(parent),
	m_controls(controls),
	m_groups(new QComboBox(this))
{
	auto* layout = new QHBoxLayout(this);
	layout->setContentsMargins(0, 0, 0, 0);
	layout->addWidget(new QLabel(tr("Link"), this));
	layout->addWidget(m_groups, 1);
	m_groups->setEditable(true);
	m_groups->setInsertPolicy(QComboBox::NoInsert);
	m_groups->lineEdit()->setPlaceholderText(tr("none"));
	m_groups->lineEdit()->setMaxLength(ContinuoControls::longestLink);
	m_groups->setToolTip(tr("Effects with the same name here and the same model turn their knobs together,\n"
							"in this song and in other windows. An automated knob leads: it turns the others,\n"
							"and is not turned by them. While a song is exported, each keeps its own."));
	// The keyboard is LMMS's, where the space bar plays, until somebody wants to type here.
	m_groups->setFocusPolicy(Qt::ClickFocus);
	m_groups->lineEdit()->setFocusPolicy(Qt::ClickFocus);
	connect(m_groups->lineEdit(), &QLineEdit::editingFinished, this, &LinkRow::choose);
	connect(m_groups, QOverload<int>::of(&QComboBox::activated), this, &LinkRow::choose);
	connect(m_controls, &ContinuoControls::linkChanged, this, &LinkRow::showGroup);
	take({});
}

LinkRow::~LinkRow() = default;

void LinkRow::showEvent(QShowEvent* event)
{
	QWidget::showEvent(event);
	if (!m_asker) { m_asker = std::make_unique<Asker>(this); }
}

void LinkRow::showGroup() { m_groups->setEditText(m_controls->link()); }

void LinkRow::choose() { m_controls->chooseLink(m_groups->currentText()); }

void LinkRow::take(const QStringList& groups)
{
	m_asker.reset();
	const QString typed =
		m_groups->hasFocus() || m_groups->lineEdit()->hasFocus() ? m_groups->currentText() : m_controls->link();
	m_groups->clear();
	m_groups->addItem({});
	m_groups->addItems(groups);
	m_groups->setEditText(typed);
}

} // namespace continuo::fx
