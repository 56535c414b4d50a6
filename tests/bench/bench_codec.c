/* Nanoseconds for each message, JSON to msgpack and back, beside jansson in the same run.
 *
 *   bench_codec [milliseconds for each figure]
 *
 * The figure is the best of several rounds: other programs on the machine only add to it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/json.h"

#define IDS    "\"roomId\":\"ABC123\",\"participantId\":\"6f1b2f04-97a5-4c1e-8d0b-3a6a5b1f7c21\","
#define TARGET "\"targetId\":\"0c9d7f52-7f3e-4f0a-9b64-2f5d0a3e8b11\","

enum { SAMPLE_MAX = 32768, ROUNDS = 8 };

typedef struct sample {
    const char *name;
    char json[SAMPLE_MAX];
    size_t len;
    mm_inbound_t inbound;
    uint8_t body[MM_JSON_DECODED_MAX(SAMPLE_MAX)];
    json_t *tree;
} sample_t;

static char printed[MM_JSON_PRINTED_MAX(SAMPLE_MAX)];

static void append(sample_t *sample, const char *text)
{
    size_t len = strlen(text);

    if (sample->len + len > SAMPLE_MAX)
        abort();
    memcpy(sample->json + sample->len, text, len);
    sample->len += len;
}

static void make_chat(sample_t *sample)
{
    append(sample, "{\"type\":\"chat\"," IDS "\"text\":\"");
    append(sample, "Good morning, everybody. The figures of last week are in the shared folder; "
                   "have a look at the second page before we begin, and write down what you miss. "
                   "See you at ten.\",");
    append(sample, "\"timestamp\":1777550400123}");
}

static void make_offer(sample_t *sample)
{
    append(sample, "{\"type\":\"offer\"," IDS TARGET "\"sdp\":\"v=0\\r\\no=- 4611731400430051336 2 "
                   "IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\na=group:BUNDLE 0 1\\r\\n");
    while (sample->len < 1950)
        append(sample, "a=rtpmap:111 opus/48000/2\\r\\na=rtcp-fb:111 transport-cc\\r\\n"
                       "a=fmtp:111 minptime=10;useinbandfec=1\\r\\n");
    append(sample, "\",\"timestamp\":1777550400123}");
}

static void make_chunk(sample_t *sample)
{
    append(sample, "{\"type\":\"file-chunk\"," IDS TARGET
                   "\"transferId\":\"4b7f61f0-4b0a-4f4e-9d53-0a1b2c3d4e5f\",\"chunk\":\"");
    while (sample->len < 22000)
        append(sample, "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2");
    append(sample, "\",\"index\":7,\"total\":12,\"timestamp\":1777550400123}");
}

static void read_ours(sample_t *sample)
{
    mm_fault_t fault;
    mm_text_t json = {sample->json, sample->len};
    mm_slice_t none = {NULL, 0};

    if (mm_json_read_message(json, 65536, none, sample->body, sizeof sample->body, &sample->inbound,
                             &fault) != MM_OK)
        abort();
}

static void print_ours(sample_t *sample)
{
    static const mm_id_t from = {{1, 2, 3}};
    mm_outbound_t outbound = {.spec = sample->inbound.spec,
                              .room = mm_text("ABC123"),
                              .from = &from,
                              .body = sample->inbound.body,
                              .timestamp = sample->inbound.timestamp};

    if (mm_json_print_message(&outbound, printed, sizeof printed) == 0)
        abort();
}

static void read_jansson(sample_t *sample)
{
    json_decref(json_loadb(sample->json, sample->len, 0, NULL));
}

static void print_jansson(sample_t *sample)
{
    if (json_dumpb(sample->tree, printed, sizeof printed, JSON_COMPACT) == 0)
        abort();
}

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double measure(void (*work)(sample_t *), sample_t *sample, double round_ns)
{
    double best = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns(), spent = 0;
        long times = 0;
        for (; spent < round_ns; spent = now_ns() - start)
            for (int i = 0; i < 100; i++, times++)
                work(sample);
        if (spent / (double)times < best)
            best = spent / (double)times;
    }
    return best;
}

int main(int argc, char **argv)
{
    static sample_t samples[] = {{.name = "chat"}, {.name = "offer"}, {.name = "file-chunk"}};
    double round_ns = (argc > 1 ? atof(argv[1]) : 200) * 1e6 / ROUNDS;

    make_chat(&samples[0]);
    make_offer(&samples[1]);
    make_chunk(&samples[2]);
    printf("%-12s %7s | %9s %9s | %9s %9s   ns a message\n", "", "bytes", "read", "print",
           "jansson", "jansson");
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        sample_t *sample = &samples[i];
        sample->tree = json_loadb(sample->json, sample->len, 0, NULL);
        double read = measure(read_ours, sample, round_ns);
        double print = measure(print_ours, sample, round_ns);
        double loads = measure(read_jansson, sample, round_ns);
        double dumps = measure(print_jansson, sample, round_ns);
        printf("%-12s %7zu | %9.0f %9.0f | %9.0f %9.0f\n", sample->name, sample->len, read, print,
               loads, dumps);
        json_decref(sample->tree);
    }
    return 0;
}
