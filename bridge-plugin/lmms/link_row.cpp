// SPDX-License-Identifier: GPL-3.0-or-later
#include "link_row.h"

#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <thread>

#include "help/help.h"
#include "shared/client/link_query.h"

namespace continuo::fx
{

//! One question on its way. Its end cancels the call
class LinkRow::Asker
{
public:
	explicit Asker(LinkRow* row) :
		m_thread([this, row] {
			const auto list = [](const std::vector<std::string>& names) {
				QStringList texts;
				for (const auto& name : names) { texts.push_back(QString::fromStdString(name)); }
				return texts;
			};
			const client::LinkAnswer answer = m_query.Run();
			QMetaObject::invokeMethod(row, "take", Qt::QueuedConnection, Q_ARG(QStringList, list(answer.groups)),
				Q_ARG(QStringList, list(answer.buses)));
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
	client::LinkQuery m_query{"LMMS links"};
	std::thread m_thread;
};


LinkRow::LinkRow(ContinuoControls* controls, QWidget* parent) : QWidget(parent), m_controls(controls)
{
	auto* layout = new QGridLayout(this);
	layout->setContentsMargins(0, 0, 0, 0);
	layout->setSpacing(4);
	m_link = addBox(tr("Link"),
		tr("Effects with the same name here and the same model turn their knobs together,\n"
		   "in this song and in other windows. An automated knob leads: it turns the others,\n"
		   "and is not turned by them. While a song is exported, each keeps its own."),
		layout, 0, 0, 3);
	m_send = withHelp(addBox(tr("Send as key"),
						  tr("Gives what comes into this effect to others under this name,\n"
							 "for their models to listen to. It needs no model for that"),
						  layout, 1, 0, 1),
		"effect#keys");
	m_take = withHelp(addBox(tr("Key"),
						  tr("What a model listens to in place of its own input, one period late:\n"
							 "so a kick can turn a pad down. Only some models take a key, as Opto does."),
						  layout, 1, 2, 1),
		"effect#keys");
	layout->setColumnStretch(1, 1);
	layout->setColumnStretch(3, 1);
	connect(m_controls, &ContinuoControls::linkChanged, this, &LinkRow::showNames);
	take({}, {});
}

LinkRow::~LinkRow() = default;

QComboBox* LinkRow::addBox(
	const QString& label, const QString& help, QGridLayout* layout, int row, int column, int columns)
{
	auto* box = new QComboBox(this);
	box->setEditable(true);
	box->setInsertPolicy(QComboBox::NoInsert);
	box->setMinimumContentsLength(4);
	box->lineEdit()->setPlaceholderText(tr("none"));
	box->lineEdit()->setMaxLength(ContinuoControls::longestLink);
	box->setToolTip(help);
	// The keyboard is LMMS's, where the space bar plays, until somebody wants to type here.
	box->setFocusPolicy(Qt::ClickFocus);
	box->lineEdit()->setFocusPolicy(Qt::ClickFocus);
	layout->addWidget(new QLabel(label, this), row, column);
	layout->addWidget(box, row, column + 1, 1, columns);
	connect(box->lineEdit(), &QLineEdit::editingFinished, this, &LinkRow::choose);
	connect(box, QOverload<int>::of(&QComboBox::activated), this, &LinkRow::choose);
	return box;
}

void LinkRow::showEvent(QShowEvent* event)
{
	QWidget::showEvent(event);
	if (!m_asker) { m_asker = std::make_unique<Asker>(this); }
}

void LinkRow::showNames()
{
	m_link->setEditText(m_controls->link());
	m_send->setEditText(m_controls->sendKey());
	m_take->setEditText(m_controls->takeKey());
}

//! A key that was chosen can be taken away again, whatever the model
void LinkRow::showUse()
{
	m_take->setEnabled(m_controls->stream().snapshot().takes_key || !m_controls->takeKey().isEmpty());
}

void LinkRow::choose()
{
	const QString send = m_send->currentText();
	const QString take = m_take->currentText();
	m_controls->chooseLink(m_link->currentText());
	m_controls->chooseKeys(send, take);
}

void LinkRow::take(const QStringList& groups, const QStringList& buses)
{
	m_asker.reset();
	fill(m_link, groups);
	fill(m_send, {});
	fill(m_take, buses);
}

//! What is being typed stays
void LinkRow::fill(QComboBox* box, const QStringList& names)
{
	const QString& chosen = box == m_link ? m_controls->link()
		: box == m_send                   ? m_controls->sendKey()
										  : m_controls->takeKey();
	const QString text = box->lineEdit()->hasFocus() ? box->currentText() : chosen;
	box->clear();
	box->addItem({});
	box->addItems(names);
	box->setEditText(text);
}

} // namespace continuo::fx
