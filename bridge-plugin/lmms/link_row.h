// SPDX-License-Identifier: GPL-3.0-or-later
// The panel's rows for what the effect shares with others: its knobs with a link group, in one song
// and in several windows; its input, as a key (side-chain) for other effects; and theirs.
//
//   Link        [ none                                ▾]     a name is typed, or chosen among
//   Send as key [ none        ▾]  Key [ none          ▾]     those that the daemon knows
//
// Threads: [main-thread]; the daemon is asked on a thread of its own, which no window waits for.
#pragma once

#include <QComboBox>
#include <QWidget>
#include <memory>

#include "continuo_controls.h"

class QGridLayout;

namespace continuo::fx
{

class LinkRow : public QWidget
{
	Q_OBJECT
public:
	LinkRow(ContinuoControls* controls, QWidget* parent);
	~LinkRow() override;

	//! Whether the model listens to a key
	void showUse();

protected:
	void showEvent(QShowEvent* event) override;

private slots:
	void showNames();
	void choose();
	void take(const QStringList& groups, const QStringList& buses);

private:
	class Asker;

	QComboBox* addBox(const QString& label, const QString& help, QGridLayout* layout, int row, int column, int columns);
	void fill(QComboBox* box, const QStringList& names);

	ContinuoControls* m_controls;
	QComboBox* m_link;
	QComboBox* m_send;
	QComboBox* m_take;
	std::unique_ptr<Asker> m_asker;
};

} // namespace continuo::fx
