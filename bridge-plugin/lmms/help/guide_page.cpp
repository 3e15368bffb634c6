// SPDX-License-Identifier: GPL-3.0-or-later
#include "guide_page.h"

#include <QAbstractTextDocumentLayout>
#include <QImageReader>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextList>
#include <QTextTable>

#include "guide.h"

namespace continuo::fx
{

namespace
{

constexpr int pageMargin = 14;
constexpr int cellPadding = 4;
constexpr int textPixels = 13;
constexpr int lineHeightPercent = 125;
constexpr int aboveHeading = 14;
constexpr int belowParagraph = 6;
const QColor lineColour(0x3b, 0x42, 0x4a);
const QColor linkColour(0x0b, 0xd5, 0x56);

//! Markdown is read with the colours of the application, which may be for bright pages
void colourLinks(const QTextBlock& block)
{
	QVector<QPair<int, int>> links;
	for (auto part = block.begin(); !part.atEnd(); ++part)
	{
		const auto fragment = part.fragment();
		if (fragment.charFormat().isAnchor()) { links.push_back({fragment.position(), fragment.length()}); }
	}
	QTextCharFormat format;
	format.setForeground(linkColour);
	for (const auto& [position, length] : links)
	{
		QTextCursor cursor(block);
		cursor.setPosition(position);
		cursor.setPosition(position + length, QTextCursor::KeepAnchor);
		cursor.mergeCharFormat(format);
	}
}

} // namespace


GuidePage::GuidePage(QWidget* parent) : QTextBrowser(parent)
{
	setOpenExternalLinks(true);
	setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // the room for pictures is known before the text
	QFont font = this->font();
	font.setPixelSize(textPixels);
	setFont(font);
	document()->setDefaultFont(font);
	document()->setDocumentMargin(pageMargin);
	connect(this, &QTextBrowser::sourceChanged, this, &GuidePage::settle);
}

QVariant GuidePage::loadResource(int type, const QUrl& name)
{
	if (type != QTextDocument::ImageResource) { return QTextBrowser::loadResource(type, name); }
	QImage image(source().resolved(name).toLocalFile());
	const int room = viewport()->width() - 2 * pageMargin;
	if (image.width() <= room) { return image; }
	const int pixels = static_cast<int>(room * devicePixelRatioF());
	if (image.width() > pixels) { image = image.scaledToWidth(pixels, Qt::SmoothTransformation); }
	image.setDevicePixelRatio(static_cast<double>(image.width()) / room);
	return image;
}

void GuidePage::settle(const QUrl& source)
{
	format();
	const auto first = document()->firstBlock();
	auto heading = first;
	for (auto block = first; source.hasFragment() && block.isValid(); block = block.next())
	{
		if (block.blockFormat().headingLevel() == 0 || Guide::slug(block.text()) != source.fragment()) { continue; }
		heading = block;
		break;
	}
	if (heading != first) { bringToTop(heading); }
	emit shown(heading.text());
}

void GuidePage::bringToTop(const QTextBlock& heading)
{
	auto* layout = document()->documentLayout();
	const int top = static_cast<int>(layout->blockBoundingRect(heading).top()) - aboveHeading / 2;
	const int below = static_cast<int>(layout->documentSize().height()) - top;
	// The last headings come to the top where there is room below them.
	auto frame = document()->rootFrame()->frameFormat();
	frame.setBottomMargin(pageMargin + qMax(0, viewport()->height() - below));
	document()->rootFrame()->setFrameFormat(frame);
	layout->documentSize(); // done now, so that the scroll bar goes as far
	verticalScrollBar()->setValue(top);
}

//! Room between lines and within tables, and colours, which Markdown says nothing of
void GuidePage::format()
{
	for (auto block = document()->begin(); block.isValid(); block = block.next())
	{
		QTextBlockFormat format;
		// A picture is a letter of its line.
		if (!block.text().contains(QChar::ObjectReplacementCharacter))
		{
			format.setLineHeight(lineHeightPercent, QTextBlockFormat::ProportionalHeight);
		}
		if (block.blockFormat().headingLevel() > 1) { format.setTopMargin(aboveHeading); }
		format.setBottomMargin(block.textList() != nullptr ? 0 : belowParagraph);
		QTextCursor(block).mergeBlockFormat(format);
		colourLinks(block);
	}
	auto* root = document()->rootFrame();
	auto page = root->frameFormat();
	page.setBottomMargin(pageMargin);
	root->setFrameFormat(page);
	for (auto* frame : root->childFrames())
	{
		auto* table = qobject_cast<QTextTable*>(frame);
		if (table == nullptr) { continue; }
		auto format = table->format();
		format.setCellPadding(cellPadding);
		format.setCellSpacing(0);
		format.setBorder(1);
		format.setBorderBrush(lineColour);
		format.setBorderCollapse(true);
		table->setFormat(format);
	}
}

} // namespace continuo::fx
