/* What one address may do: rooms it makes, rooms it asks for that are not there.  Asked before a turn, told what came of it.
 *
 *   a row that GUESSES ── too many misses ──► a join waits, a request is refused at once (its client waits by itself)
 *   what makes a room  ── too many made   ──► refused: the turn answers it
 *
 * A join counts as a miss from the moment it comes until its room was found, so that many at once do not pass for one.
 * Rooms made by HTTP and by joins are counted apart; a creation counts whatever becomes of it, for an id that is taken tells something
 * too.
 * Not here: passwords (proofs.c), unused rooms of an address (latent.h). */
#include "broker/broker.h"
#include "proto/log.h"

#include <assert.h>
#include <string.h>

void mm_limits_init(mm_broker_t *broker)
{
    const mm_settings_t *settings = broker->settings;
    size_t rooms = (size_t)settings->rate_limit_rooms;

    broker->guesses = mm_throttle_new(settings->rate_limit_guesses, settings->rate_limit_window);
    broker->created = mm_limiter_new(rooms, settings->rate_limit_window);
    broker->hosted = mm_limiter_new(rooms, settings->rate_limit_window);
}

void mm_limits_fini(mm_broker_t *broker)
{
    mm_throttle_destroy(&broker->guesses);
    mm_limiter_destroy(&broker->created);
    mm_limiter_destroy(&broker->hosted);
}

bool mm_limits_address(const mm_input_t *input, uint8_t out[MM_ADDRESS_BYTES])
{
    mm_cursor_t cursor = mm_cursor(input->body);

    for (uint32_t pairs = mm_cursor_map(&cursor); pairs > 0 && !cursor.failed; pairs--) {
        mm_text_t key = mm_cursor_str(&cursor);
        if (!mm_text_is(key, "address")) {
            (void)mm_cursor_skip(&cursor);
            continue;
        }
        mm_slice_t address = mm_cursor_bin(&cursor);
        if (cursor.failed || address.len != MM_ADDRESS_BYTES)
            return false;
        memcpy(out, address.ptr, MM_ADDRESS_BYTES);
        return true;
    }
    return false;
}

void mm_limits_enter(mm_broker_t *broker, mm_mailbox_t *mailbox, const mm_input_t *input,
                     int64_t now_ms)
{
    uint8_t address[MM_ADDRESS_BYTES];

    if ((input->spec->flags & MM_GUESSES) == 0 || !mm_limits_address(input, address))
        return;
    memcpy(mailbox->address, address, sizeof address);
    mailbox->is_guess = true;
    mailbox->not_before_ms = now_ms + mm_throttle_enter(broker->guesses, address, now_ms);
}

bool mm_limits_delays(mm_broker_t *broker, const mm_mailbox_t *mailbox, const mm_input_t *input,
                      int64_t now_ms)
{
    bool delays = mailbox->is_guess && mailbox->not_before_ms > now_ms &&
                  (input->spec->senders & MM_ROLE_GATEWAY) == 0;

    if (delays)
        broker->counters->guess_delays++;
    return delays;
}

/* Which limiter counts it, and for whom; NULL where none does. */
static mm_limiter_t *limiter_of(mm_broker_t *broker, const mm_input_t *input,
                                uint8_t out[MM_ADDRESS_BYTES])
{
    const mm_peer_t *peer;

    if (!mm_registry_makes_room(broker->registry, input) || !mm_limits_address(input, out))
        return NULL;
    peer = mm_broker_find_peer(broker, input->contact.incarnation);
    if (peer == NULL || peer->role != MM_PEER_GATEWAY)
        return NULL;
    return input->spec->msg == MM_MSG_JOIN ? broker->hosted : broker->created;
}

int64_t mm_limits_refusal(mm_broker_t *broker, mm_mailbox_t *mailbox, const mm_input_t *input,
                          int64_t now_ms)
{
    uint8_t address[MM_ADDRESS_BYTES];
    mm_limiter_t *limiter;
    int64_t wait_ms;

    if (mailbox->is_guess && (input->spec->senders & MM_ROLE_GATEWAY) != 0)
        return mailbox->not_before_ms > now_ms ? mailbox->not_before_ms - now_ms : 0;
    limiter = mailbox->has_paid ? NULL : limiter_of(broker, input, address);
    if (limiter == NULL)
        return 0;
    wait_ms = mm_limiter_take(limiter, address, now_ms);
    mailbox->has_paid = wait_ms == 0;
    return wait_ms;
}

void mm_limits_settle(mm_broker_t *broker, mm_mailbox_t *mailbox, const mm_input_t *input,
                      mm_err_t err)
{
    uint8_t address[MM_ADDRESS_BYTES];
    char printed[MM_ADDRESS_CHARS];

    if (mailbox->is_guess && err != MM_ERR_ROOM_NOT_FOUND)
        mm_throttle_passed(broker->guesses, mailbox->address);
    mailbox->is_guess = mailbox->has_paid = false;
    if (err != MM_ERR_RATE_LIMITED || !mm_limits_address(input, address))
        return;
    mm_address_print(address, printed);
    if ((input->spec->flags & MM_GUESSES) != 0 && input->spec->msg != MM_MSG_JOIN)
        broker->counters->guesses_limited++;
    else
        broker->counters->rooms_limited++;
    MM_LOG(INFO, "request_limited", MM_LOG_TEXT("row", mm_text(input->spec->wire)),
           MM_LOG_TEXT("address", mm_text(printed)), MM_LOG_NUMBER("wait_ms", input->wait_ms));
}
