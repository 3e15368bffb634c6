// SPDX-License-Identifier: Apache-2.0
#include "daemon/model/archive_library.h"

#include "daemon/base/late_library.h"

namespace continuo::model {
namespace {

struct Loaded {
  ArchiveLibrary library{};
  absl::Status status;

  Loaded() {
    base::LateLibrary loaded({"libarchive.so.13"}, "install libarchive13");
    loaded.Find("archive_entry_filetype", &library.entry_filetype);
    loaded.Find("archive_entry_free", &library.entry_free);
    loaded.Find("archive_entry_hardlink", &library.entry_hardlink);
    loaded.Find("archive_entry_new", &library.entry_new);
    loaded.Find("archive_entry_pathname", &library.entry_pathname);
    loaded.Find("archive_entry_set_filetype", &library.entry_set_filetype);
    loaded.Find("archive_entry_set_mtime", &library.entry_set_mtime);
    loaded.Find("archive_entry_set_pathname", &library.entry_set_pathname);
    loaded.Find("archive_entry_set_perm", &library.entry_set_perm);
    loaded.Find("archive_entry_set_size", &library.entry_set_size);
    loaded.Find("archive_entry_size", &library.entry_size);
    loaded.Find("archive_entry_size_is_set", &library.entry_size_is_set);
    loaded.Find("archive_entry_sparse_count", &library.entry_sparse_count);
    loaded.Find("archive_error_string", &library.error_string);
    loaded.Find("archive_read_data", &library.read_data);
    loaded.Find("archive_read_free", &library.read_free);
    loaded.Find("archive_read_new", &library.read_new);
    loaded.Find("archive_read_next_header", &library.read_next_header);
    loaded.Find("archive_read_open", &library.read_open);
    loaded.Find("archive_read_open_filename", &library.read_open_filename);
    loaded.Find("archive_read_support_format_tar", &library.read_support_format_tar);
    loaded.Find("archive_read_support_format_zip", &library.read_support_format_zip);
    loaded.Find("archive_set_error", &library.set_error);
    loaded.Find("archive_write_add_filter_zstd", &library.write_add_filter_zstd);
    loaded.Find("archive_write_close", &library.write_close);
    loaded.Find("archive_write_data", &library.write_data);
    loaded.Find("archive_write_free", &library.write_free);
    loaded.Find("archive_write_header", &library.write_header);
    loaded.Find("archive_write_new", &library.write_new);
    loaded.Find("archive_write_open_fd", &library.write_open_fd);
    loaded.Find("archive_write_set_filter_option", &library.write_set_filter_option);
    loaded.Find("archive_write_set_format_pax_restricted",
                &library.write_set_format_pax_restricted);
    loaded.Find("archive_write_set_format_zip", &library.write_set_format_zip);
    status = loaded.status();
  }
};

const Loaded& Load() {
  static const Loaded loaded;
  return loaded;
}

}  // namespace

absl::Status LoadArchives() { return Load().status; }

const ArchiveLibrary& Archives() { return Load().library; }

}  // namespace continuo::model
