/* The stamp of an upward entry: everything of the outside world that a turn may need, made by the gateway
 * when it accepts the message, so that a turn reads neither clock nor random source and a repeat is identical.
 *
 * On the bus: array [time, client timestamp or nil, fresh id or nil, candidates or nil], shortened behind the last
 * element that is not nil; time always stands. */
#ifndef MM_PROTO_STAMP_H
#define MM_PROTO_STAMP_H

#include "proto/cursor.h"
#include "proto/writer.h"

enum {
    MM_ROOM_ID_CHARS = 6,      /* of a room id that the server makes */
    MM_ROOM_ID_CANDIDATES = 8, /* given with each create-room */
    MM_ROOM_ID_MAX = 64        /* bytes of any room id */
};

#define MM_TIME_MAX_MS (INT64_C(1) << 53) /* no time on the bus is beyond it; none is negative */

typedef struct mm_stamp {
    int64_t time_ms;        /* since 1970, UTC; strictly rising within a connection */
    mm_slice_t client_time; /* msgpack number that the client wrote, or empty */
    mm_id_t fresh;          /* join: participant id; create-room: creator token; else nil */
    mm_text_t
        candidates; /* create-room: MM_ROOM_ID_CANDIDATES times MM_ROOM_ID_CHARS characters; else empty */
} mm_stamp_t;

void mm_stamp_write(const mm_stamp_t *stamp, mm_writer_t *out);

/* Views point into the cursor's bytes.  A malformed stamp fails the cursor. */
mm_stamp_t mm_stamp_read(mm_cursor_t *cursor);

#endif
