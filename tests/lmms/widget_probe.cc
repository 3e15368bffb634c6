// SPDX-License-Identifier: Apache-2.0
// A library in LMMS's plugin directory that tells what is on the screen: every quarter of a second
// it writes the visible widgets to $CONTINUO_WIDGETS, as JSON, whole or not at all.
//
//   {"class", "name", "text", "tip", "title", "box": [x, y, width, height], "help", "own", "in",
//    "control", "timers", "visible"}
//
// "help" is the widget's place in the guide, or that of its nearest parent that has one, where it
// is not its "own"; "in" is the window of ours that it is in; "control" says that one can do
// something with it; "timers" is how many of its own are at work; "box" is on the screen, in
// logical pixels. A page of text has its first visible line as its text.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QSaveFile>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextBrowser>
#include <QTimer>
#include <algorithm>

namespace {

constexpr const char* kHelp = "continuo-help";
constexpr int kMilliseconds = 250;
constexpr int kWithinFirstLine = 12;

template <class... Kinds>
bool IsOneOf(const QWidget* widget) {
  return (... || (qobject_cast<const Kinds*>(widget) != nullptr));
}

QString HelpOf(const QWidget* widget) {
  for (; widget != nullptr; widget = widget->parentWidget()) {
    const QString place = widget->property(kHelp).toString();
    if (!place.isEmpty()) return place;
  }
  return {};
}

QString WindowOf(const QWidget* widget) {
  for (; widget != nullptr; widget = widget->parentWidget()) {
    if (widget->objectName() == "studio" || widget->objectName() == "guide") {
      return widget->objectName();
    }
  }
  return {};
}

QString TextOf(const QWidget* widget) {
  if (const auto* page = qobject_cast<const QTextBrowser*>(widget)) {
    const QPoint corner(page->viewport()->width() / 4, kWithinFirstLine);
    return page->cursorForPosition(corner).block().text();
  }
  if (const auto* label = qobject_cast<const QLabel*>(widget)) return label->text();
  if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) return button->text();
  if (const auto* line = qobject_cast<const QLineEdit*>(widget)) return line->text();
  return {};
}

int TimersOf(const QWidget* widget) {
  const auto timers = widget->findChildren<QTimer*>(QString(), Qt::FindDirectChildrenOnly);
  return static_cast<int>(std::count_if(timers.begin(), timers.end(),
                                        [](const QTimer* timer) { return timer->isActive(); }));
}

QJsonObject Describe(const QWidget* widget) {
  const QPoint corner = widget->mapToGlobal(QPoint(0, 0));
  return {
      {"class", widget->metaObject()->className()},
      {"name", widget->objectName()},
      {"text", TextOf(widget)},
      {"tip", widget->toolTip()},
      {"title", widget->windowTitle()},
      {"box", QJsonArray{corner.x(), corner.y(), widget->width(), widget->height()}},
      {"help", HelpOf(widget)},
      {"own", widget->property(kHelp).isValid()},
      {"in", WindowOf(widget)},
      {"control", IsOneOf<QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox,
                          QComboBox, QLineEdit, QTextBrowser>(widget) &&
                      !IsOneOf<QScrollBar>(widget)},
      {"timers", TimersOf(widget)},
      {"visible", widget->isVisible()},
  };
}

void Write(const QString& path) {
  QJsonArray widgets;
  for (const QWidget* widget : QApplication::allWidgets()) widgets.append(Describe(widget));
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return;
  file.write(QJsonDocument(widgets).toJson(QJsonDocument::Compact));
  file.commit();
}

// LMMS opens its plugins in its main thread, with Qt's application there.
const struct Probe {
  Probe() {
    const QString path = qEnvironmentVariable("CONTINUO_WIDGETS");
    if (path.isEmpty() || qApp == nullptr) return;
    auto* timer = new QTimer(qApp);
    QObject::connect(timer, &QTimer::timeout, timer, [path] { Write(path); });
    timer->start(kMilliseconds);
  }
} probe;

}  // namespace
