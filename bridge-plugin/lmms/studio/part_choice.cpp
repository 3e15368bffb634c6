// SPDX-License-Identifier: GPL-3.0-or-later
#include "part_choice.h"

#include <algorithm>

namespace continuo::fx
{

namespace
{
constexpr int allParts = -1;
constexpr int boxLetters = 8;
} // namespace


PartChoice::PartChoice(QWidget* parent) : QComboBox(parent)
{
	setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
	setMinimumContentsLength(boxLetters);
	setNotes({});
}

void PartChoice::setNotes(const studio::Notes& notes)
{
	m_notes = notes;
	clear();
	addItem(tr("all parts"), allParts);
	for (std::size_t part = 0; notes.parts.size() > 1 && part < notes.parts.size(); ++part)
	{
		addItem(QString::fromStdString(notes.parts[part].name), static_cast<int>(part));
	}
	setEnabled(count() > 1);
}

studio::Notes PartChoice::chosen() const
{
	auto chosen = m_notes;
	const int part = currentData().toInt();
	if (part == allParts) { return chosen; }
	auto& notes = chosen.notes;
	notes.erase(std::remove_if(notes.begin(), notes.end(), [part](const auto& note) { return note.part != part; }),
		notes.end());
	return chosen;
}

} // namespace continuo::fx
