// SPDX-License-Identifier: Apache-2.0
// A zip archive that is being written: there under its name when it is whole, or not at all.
//
// Errors: BadOutput with the path; BadInput for a file that cannot be read; Failed once it is
// cancelled.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace continuo::ctl {

class ZipFile {
 public:
  // `cancelled` is asked while a file is added.
  explicit ZipFile(const std::string& path, std::function<bool()> cancelled = {});
  ~ZipFile();  // what was not finished is removed
  ZipFile(const ZipFile&) = delete;
  ZipFile& operator=(const ZipFile&) = delete;

  // `name` with slashes between folders.
  void Add(const std::string& name, std::string_view bytes);
  void AddFile(const std::string& name, const std::string& path);
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace continuo::ctl
