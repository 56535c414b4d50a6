/* The directory: a hash table for look-up, a list that owns the rooms for the order, which must not be by chance. */
#include "broker/directory.h"

#include "broker/name_hash.h"
#include "broker/timers.h"

/* A room as the directory lists it. */
typedef struct listing {
    mm_room_t *room;
    void *handle;         /* in in_order */
    bool is_latent;       /* counted as one that nobody has joined yet */
    mm_creator_t creator; /* for whom it is counted */
} listing_t;

struct mm_directory {
    const mm_settings_t *settings;
    mm_counters_t *counters;
    zhashx_t *by_id;    /* id inside the room -> listing_t */
    zlistx_t *in_order; /* owns the listings */
    mm_latent_t *latent;
    mm_timers_t *timers; /* of pre-created rooms that are empty */
    uint64_t serial;     /* of the latest room */
};

static void destroy_listing(void **item_p)
{
    listing_t *listing = *item_p;

    mm_room_destroy(&listing->room);
    free(listing);
    *item_p = NULL;
}

mm_directory_t *mm_directory_new(const mm_settings_t *settings, mm_counters_t *counters)
{
    mm_directory_t *directory = calloc(1, sizeof *directory);

    assert(directory != NULL);
    directory->settings = settings;
    directory->counters = counters;
    directory->by_id = mm_name_table_new(NULL);
    directory->in_order = zlistx_new();
    zlistx_set_destructor(directory->in_order, destroy_listing);
    directory->latent = mm_latent_new((size_t)settings->max_latent_rooms,
                                      (size_t)settings->max_latent_rooms_per_address);
    directory->timers = mm_timers_new();
    return directory;
}

void mm_directory_destroy(mm_directory_t **directory_p)
{
    mm_directory_t *directory = *directory_p;

    if (directory == NULL)
        return;
    zhashx_destroy(&directory->by_id);
    zlistx_destroy(&directory->in_order);
    mm_latent_destroy(&directory->latent);
    mm_timers_destroy(&directory->timers);
    free(directory);
    *directory_p = NULL;
}

/* --- ids ------------------------------------------------------------------------------------------ */

static bool is_letter_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool mm_room_id_read(mm_text_t text, mm_room_id_t *out)
{
    bool is_short = text.len == MM_ROOM_ID_CHARS;

    *out = (mm_room_id_t){""};
    if (text.len == 0 || text.len > MM_ROOM_ID_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_letter_or_digit(text.ptr[i]) && text.ptr[i] != '_' && text.ptr[i] != '-')
            return false;
        if (!is_letter_or_digit(text.ptr[i]))
            is_short = false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool is_lower = text.ptr[i] >= 'a' && text.ptr[i] <= 'z';
        out->text[i] = (char)(is_short && is_lower ? text.ptr[i] - 'a' + 'A' : text.ptr[i]);
    }
    return true;
}

static listing_t *find(const mm_directory_t *directory, const char *id)
{
    return zhashx_lookup(directory->by_id, id);
}

mm_room_t *mm_directory_find(const mm_directory_t *directory, const char *id)
{
    const listing_t *listing = find(directory, id);

    return listing != NULL ? listing->room : NULL;
}

/* --- making and ending ------------------------------------------------------------------------------ */

static void count(mm_directory_t *directory)
{
    directory->counters->rooms = zhashx_size(directory->by_id);
    directory->counters->latent_rooms = mm_latent_count(directory->latent);
}

bool mm_directory_may_add(const mm_directory_t *directory)
{
    return zhashx_size(directory->by_id) < (size_t)directory->settings->max_rooms;
}

bool mm_directory_may_add_for(const mm_directory_t *directory, const mm_creator_t *creator)
{
    return mm_directory_may_add(directory) && mm_latent_may_add(directory->latent, creator);
}

typedef enum kind { AD_HOC, KEPT } kind_t;

static listing_t *add(mm_directory_t *directory, const mm_room_id_t *id, kind_t kind)
{
    listing_t *listing = calloc(1, sizeof *listing);

    assert(listing != NULL && find(directory, id->text) == NULL);
    listing->room = mm_room_new(id->text, kind == KEPT);
    listing->room->serial = ++directory->serial;
    listing->handle = zlistx_add_end(directory->in_order, listing);
    zhashx_insert(directory->by_id, listing->room->id, listing);
    count(directory);
    return listing;
}

mm_room_t *mm_directory_add_ad_hoc(mm_directory_t *directory, const mm_room_id_t *id)
{
    directory->counters->rooms_created++;
    return add(directory, id, AD_HOC)->room;
}

static void begin_latent(mm_directory_t *directory, listing_t *listing, const mm_creator_t *creator)
{
    listing->is_latent = true;
    listing->creator = *creator;
    mm_latent_add(directory->latent, creator);
    count(directory);
}

static void end_latent(mm_directory_t *directory, listing_t *listing)
{
    if (listing->is_latent)
        mm_latent_remove(directory->latent, &listing->creator);
    listing->is_latent = false;
}

mm_room_t *mm_directory_add_kept(mm_directory_t *directory, const mm_room_id_t *id,
                                 const mm_creator_t *creator)
{
    listing_t *listing = add(directory, id, KEPT);

    directory->counters->rooms_created++;
    begin_latent(directory, listing, creator);
    return listing->room;
}

/* The end need not be durable where a room that comes back after a power cut ends again by its timer. */
static void end_room(mm_directory_t *directory, listing_t *listing, int64_t now_ms,
                     mm_outbox_t *outbox)
{
    const mm_room_t *room = listing->room;
    struct mm_event_room_closed event = {.room = mm_text(room->id)};

    end_latent(directory, listing);
    mm_timers_drop(directory->timers, room->id);
    if (room->is_kept)
        mm_outbox_forget(outbox, mm_text(room->id), room->is_over);
    mm_outbox_tell_feed(outbox, MM_MSG_EVENT_ROOM_CLOSED, &event, now_ms);
    directory->counters->rooms_ended++;
    zhashx_delete(directory->by_id, room->id);
    zlistx_delete(directory->in_order, listing->handle);
    count(directory);
}

/* --- after a turn ------------------------------------------------------------------------------------ */

static void set_timer(mm_directory_t *directory, const mm_room_t *room)
{
    if (mm_room_is_empty(room))
        mm_timers_set(directory->timers, room->id,
                      mm_facts_expiry_ms(&room->facts, directory->settings->latent_room_max_age));
    else
        mm_timers_drop(directory->timers, room->id);
}

static void keep_facts(const mm_room_t *room, mm_outbox_t *outbox)
{
    uint8_t bytes[MM_FACTS_BYTES];
    mm_writer_t writer = mm_writer(bytes, sizeof bytes);

    mm_facts_write(&room->facts, &writer);
    assert(!writer.overflow);
    mm_outbox_keep(outbox, mm_text(room->id), mm_writer_slice(&writer),
                   room->news == MM_NEWS_KEEP_DURABLY);
}

void mm_directory_settle(mm_directory_t *directory, mm_room_t *room, int64_t now_ms,
                         mm_outbox_t *outbox)
{
    if (room == NULL)
        return;
    if (!room->is_kept || room->is_over) {
        if (mm_room_is_empty(room))
            end_room(directory, find(directory, room->id), now_ms, outbox);
        return;
    }
    if (room->news == MM_NEWS_NONE)
        return;
    if (room->facts.is_joined)
        end_latent(directory, find(directory, room->id));
    keep_facts(room, outbox);
    set_timer(directory, room);
    room->news = MM_NEWS_NONE;
    count(directory);
}

/* --- time, the store, the walk ------------------------------------------------------------------------ */

void mm_directory_on_time(mm_directory_t *directory, int64_t now_ms, mm_outbox_t *outbox)
{
    mm_room_id_t id;

    while (mm_timers_take(directory->timers, now_ms, id.text)) {
        listing_t *listing = find(directory, id.text);
        assert(listing != NULL && mm_room_is_empty(listing->room));
        end_room(directory, listing, now_ms, outbox);
    }
}

int64_t mm_directory_next_time(const mm_directory_t *directory)
{
    return mm_timers_next(directory->timers);
}

mm_err_t mm_directory_restore(mm_directory_t *directory, mm_text_t key, mm_slice_t value)
{
    const mm_creator_t nobody = {""};
    mm_room_id_t id;
    mm_facts_t facts;

    if (!mm_room_id_read(key, &id) || find(directory, id.text) != NULL)
        return MM_ERR_MALFORMED;
    if (mm_facts_read(value, &facts) != MM_OK)
        return MM_ERR_MALFORMED;
    listing_t *listing = add(directory, &id, KEPT);
    listing->room->facts = facts;
    if (!facts.is_joined)
        begin_latent(directory, listing, &nobody);
    set_timer(directory, listing->room);
    return MM_OK;
}

void mm_directory_each(const mm_directory_t *directory,
                       void (*visit)(void *ctx, const mm_room_t *room), void *ctx)
{
    for (const listing_t *listing = zlistx_first(directory->in_order); listing != NULL;
         listing = zlistx_next(directory->in_order))
        visit(ctx, listing->room);
}
