/* Facts of a room: token, expiry, and their form in the store. */
#include "broker/facts.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum { VERSION = 1 };

static const int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;

void mm_facts_set_title(mm_facts_t *facts, mm_text_t title)
{
    assert(title.len <= sizeof facts->title);
    facts->title_len = title.len;
    if (title.len > 0)
        memcpy(facts->title, title.ptr, title.len);
}

static void hash_token(const mm_id_t *token, uint8_t out[MM_TOKEN_HASH_BYTES])
{
    int done = EVP_Digest(token->bytes, sizeof token->bytes, out, NULL, EVP_sha256(), NULL);
    assert(done == 1);
}

void mm_facts_set_token(mm_facts_t *facts, const mm_id_t *token)
{
    facts->has_token = true;
    hash_token(token, facts->token_hash);
}

bool mm_facts_is_token(const mm_facts_t *facts, const mm_id_t *token)
{
    uint8_t hash[MM_TOKEN_HASH_BYTES];

    if (!facts->has_token)
        return false;
    hash_token(token, hash);
    return CRYPTO_memcmp(hash, facts->token_hash, sizeof hash) == 0;
}

bool mm_facts_is_created_by(const mm_facts_t *facts, mm_text_t token)
{
    mm_id_t id;

    return mm_id_parse(token, &id) && mm_facts_is_token(facts, &id);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A schedule counts for at most a year, or a room could be kept for ever. */
static int64_t counted(const mm_facts_t *facts, int64_t scheduled_ms)
{
    int64_t limit = facts->created_ms + year_ms;
    return scheduled_ms < limit ? scheduled_ms : limit;
}

int64_t mm_facts_expiry_ms(const mm_facts_t *facts, int64_t max_age_ms)
{
    int64_t latest = later(facts->created_ms, facts->last_use_ms);

    latest = later(latest, counted(facts, facts->start_ms));
    latest = later(latest, counted(facts, facts->end_ms));
    return latest + max_age_ms;
}

static void write_key(mm_writer_t *out, const char *key)
{
    mm_write_str(out, mm_text(key));
}

static void write_time(mm_writer_t *out, const char *key, int64_t ms)
{
    write_key(out, key);
    mm_write_i64(out, ms);
}

static void write_bin(mm_writer_t *out, const char *key, const uint8_t *bytes, size_t len)
{
    write_key(out, key);
    mm_write_bin(out, (mm_slice_t){bytes, len});
}

static void write_flag(mm_writer_t *out, const char *key)
{
    write_key(out, key);
    mm_write_bool(out, true);
}

static uint32_t count_pairs(const mm_facts_t *facts)
{
    bool optional[] = {facts->has_token,   facts->title_len > 0,   facts->start_ms != 0,
                       facts->end_ms != 0, facts->password.is_set, facts->password.is_set,
                       facts->is_locked,   facts->is_joined};
    uint32_t pairs = 4;

    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        pairs += optional[i] ? 1 : 0;
    return pairs;
}

void mm_facts_write(const mm_facts_t *facts, mm_writer_t *out)
{
    mm_write_map(out, count_pairs(facts));
    write_key(out, "v");
    mm_write_u64(out, VERSION);
    write_time(out, "created", facts->created_ms);
    write_key(out, "max");
    mm_write_u64(out, facts->max_participants);
    write_time(out, "used", facts->last_use_ms);
    if (facts->has_token)
        write_bin(out, "token", facts->token_hash, sizeof facts->token_hash);
    if (facts->title_len > 0) {
        write_key(out, "title");
        mm_write_str(out, (mm_text_t){facts->title, facts->title_len});
    }
    if (facts->start_ms != 0)
        write_time(out, "start", facts->start_ms);
    if (facts->end_ms != 0)
        write_time(out, "end", facts->end_ms);
    if (facts->password.is_set) {
        write_bin(out, "salt", facts->password.salt, MM_SALT_BYTES);
        write_bin(out, "hash", facts->password.hash, MM_HASH_BYTES);
    }
    if (facts->is_locked)
        write_flag(out, "locked");
    if (facts->is_joined)
        write_flag(out, "joined");
}

/* Bounded, so that no sum of times can overflow. */
static int64_t read_time(mm_cursor_t *cursor)
{
    int64_t ms = mm_cursor_i64(cursor);

    if (ms < 0 || ms > MM_TIME_MAX_MS)
        cursor->failed = true;
    return ms;
}

enum { /* what was read, for the check at the end */
       READ_VERSION = 1 << 0,
       READ_CREATED = 1 << 1,
       READ_MAX = 1 << 2,
       READ_SALT = 1 << 3,
       READ_HASH = 1 << 4
};

static void read_bin(mm_cursor_t *cursor, uint8_t *out, size_t len)
{
    mm_slice_t bytes = mm_cursor_bin(cursor);

    if (cursor->failed || bytes.len != len)
        cursor->failed = true;
    else
        memcpy(out, bytes.ptr, len);
}

static void read_title(mm_cursor_t *cursor, mm_facts_t *out)
{
    mm_text_t title = mm_cursor_str(cursor);

    if (cursor->failed || title.len > MM_TITLE_BYTES || !mm_text_is_utf8(title))
        cursor->failed = true;
    else
        mm_facts_set_title(out, title);
}

/* Returns the READ_ bit of the pair. */
static unsigned read_pair(mm_cursor_t *cursor, mm_text_t key, mm_facts_t *out)
{
    if (mm_text_is(key, "v"))
        return mm_cursor_u64(cursor) == VERSION ? READ_VERSION : 0;
    if (mm_text_is(key, "created")) {
        out->created_ms = read_time(cursor);
        return READ_CREATED;
    }
    if (mm_text_is(key, "max")) {
        out->max_participants = (size_t)mm_cursor_u64(cursor);
        return READ_MAX;
    }
    if (mm_text_is(key, "salt")) {
        read_bin(cursor, out->password.salt, MM_SALT_BYTES);
        return READ_SALT;
    }
    if (mm_text_is(key, "hash")) {
        read_bin(cursor, out->password.hash, MM_HASH_BYTES);
        return READ_HASH;
    }
    if (mm_text_is(key, "used"))
        out->last_use_ms = read_time(cursor);
    else if (mm_text_is(key, "token")) {
        read_bin(cursor, out->token_hash, MM_TOKEN_HASH_BYTES);
        out->has_token = true;
    } else if (mm_text_is(key, "title"))
        read_title(cursor, out);
    else if (mm_text_is(key, "start"))
        out->start_ms = read_time(cursor);
    else if (mm_text_is(key, "end"))
        out->end_ms = read_time(cursor);
    else if (mm_text_is(key, "locked"))
        out->is_locked = mm_cursor_bool(cursor);
    else if (mm_text_is(key, "joined"))
        out->is_joined = mm_cursor_bool(cursor);
    else
        (void)mm_cursor_skip(cursor);
    return 0;
}

mm_err_t mm_facts_read(mm_slice_t bytes, mm_facts_t *out)
{
    const unsigned needed = READ_VERSION | READ_CREATED | READ_MAX;
    mm_cursor_t cursor = mm_cursor(bytes);
    unsigned seen = 0;

    *out = (mm_facts_t){0};
    uint32_t pairs = mm_cursor_map(&cursor);
    for (uint32_t i = 0; i < pairs && !cursor.failed; i++) {
        mm_text_t key = mm_cursor_str(&cursor);
        seen |= read_pair(&cursor, key, out);
    }
    if (cursor.failed || !mm_cursor_at_end(&cursor) || (seen & needed) != needed ||
        out->max_participants < 1)
        return MM_ERR_MALFORMED;
    if (((seen & READ_SALT) != 0) != ((seen & READ_HASH) != 0))
        return MM_ERR_MALFORMED;
    out->password.is_set = (seen & READ_HASH) != 0;
    return MM_OK;
}
