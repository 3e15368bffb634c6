// SPDX-License-Identifier: Apache-2.0
// A library in LMMS's plugin directory that tells when LMMS has dealt with its input: for each
// Pause that is typed it adds a byte to $CONTINUO_HANDLED, once its main thread is through with
// what came before and has drawn it. Nothing in LMMS sees that key.
//
// The display hands keys and clicks on in their order. So a test that types Pause behind them,
// and waits for the byte, need not guess how long LMMS takes (Desk.settle).
#include <QAbstractNativeEventFilter>
#include <QCoreApplication>
#include <QFile>
#include <QTimer>
#include <utility>

namespace {

// Of X11's protocol, and of the keyboard that Xvfb has.
constexpr unsigned kKeyPress = 2, kKeyRelease = 3, kPause = 127;
// A button whose letter was typed is pressed 100 ms later (QAbstractButton::animateClick).
constexpr int kPressedMilliseconds = 120, kDrawnMilliseconds = 20;

class Watch : public QAbstractNativeEventFilter {
 public:
  explicit Watch(QString path) : path_(std::move(path)) {}

  // Before Qt looks whether a dialog keeps the key from its window.
  bool nativeEventFilter(const QByteArray&, void* message, long*) override {
    const auto* event = static_cast<const unsigned char*>(message);
    const unsigned type = event[0] & 0x7fU;
    if ((type != kKeyPress && type != kKeyRelease) || event[1] != kPause) return false;
    if (type == kKeyRelease) {
      QTimer::singleShot(kPressedMilliseconds, qApp, [this] {
        QTimer::singleShot(kDrawnMilliseconds, qApp, [this] { Tell(); });
      });
    }
    return true;
  }

 private:
  void Tell() const {
    QFile file(path_);
    if (file.open(QIODevice::Append)) file.write(".");
  }

  const QString path_;
};

// LMMS opens its plugins in its main thread, with Qt's application there. The watch lives as long.
const struct Probe {
  Probe() {
    const QString path = qEnvironmentVariable("CONTINUO_HANDLED");
    if (!path.isEmpty() && qApp != nullptr) qApp->installNativeEventFilter(new Watch(path));
  }
} probe;

}  // namespace
