/* Where the processes of one user find each other without being told.
 *
 * data folder     the setting, else $XDG_STATE_HOME/mikromeet, else $HOME/.local/state/mikromeet
 * runtime folder  $XDG_RUNTIME_DIR/mikromeet, else $TMPDIR (or /tmp)/mikromeet-<uid>; mode 0700, made if missing, refused when
 *                 it is not a folder of this user's own with exactly that mode (lstat: no symbolic link)
 * bus socket      <runtime>/<16 hex digits of SHA-256 of the absolute data path>/bus, its folder 0700
 *
 * feed socket     `feed` in the folder of the bus socket; where the setting `bus` names that, its path and "-feed": two brokers
 *                 may have their sockets in one folder
 *
 * The data path is made absolute and its links are resolved as far as it exists, so that "data", "./data" and a link to it are one. */
#ifndef MM_PROTO_RUNTIME_H
#define MM_PROTO_RUNTIME_H

#include "proto/err.h"
#include "proto/settings.h"

enum { MM_PATH_BYTES = 4096 };

/* Absolute data path, terminated; makes nothing.  MM_ERR_SYSTEM with a line on stderr when it cannot be told. */
mm_err_t mm_runtime_data_path(const mm_settings_t *settings, char out[MM_PATH_BYTES]);

/* Makes the data folder (and its parents), mode 0700.  MM_ERR_SYSTEM with errno set. */
mm_err_t mm_runtime_make_folder(const char *path);

/* Endpoint of the bus: the setting `bus`, or ipc://<bus socket> whose folder is made.  An ipc path that does not fit into a socket
 * address (107 bytes) and a scheme other than ipc are refused with one line on stderr that names the path and the setting: MM_ERR_TOO_LARGE,
 * MM_ERR_MALFORMED; MM_ERR_SYSTEM for a folder that cannot be made or is not ours. */
mm_err_t mm_runtime_bus_endpoint(const mm_settings_t *settings, char out[MM_PATH_BYTES]);

/* Endpoint of the feed: the setting `feed`, or a socket beside the bus.  Errors as of the bus. */
mm_err_t mm_runtime_feed_endpoint(const mm_settings_t *settings, char out[MM_PATH_BYTES]);

#endif
