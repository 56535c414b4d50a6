/* mm_sim: plays random meetings until so many turns of the broker were run, and judges them.
 *
 *   mm_sim [--seed N] [--turns N] [--tail N] [--log] [--fault NAME] [--list-faults]
 *
 * Each seed is a world of its own, of at most 2,000 turns; further turns take the next seeds.  With --fault something goes wrong
 * on purpose, and the program fails unless the judge finds it.  Exit status: 0 as it should be, 1 not, 2 usage. */
#include "sim.h"

#include "proto/log.h"

#include <getopt.h>
#include <stdlib.h>

enum { TURNS_A_SEED = 2000, TURNS = 100000, TAIL = 60 };

typedef struct options {
    uint64_t seed, turns, tail;
    bool has_log; /* what the cores log stands in the history */
    sim_fault_t fault;
} options_t;

typedef struct tally { /* of all seeds */
    uint64_t seeds, turns, heard, faults, sessions, gaps, replayed, duplicates, held, paused;
    uint64_t joins, commits, checks;
} tally_t;

static void add(tally_t *tally, const sim_t *sim)
{
    const mm_counters_t *totals = &sim->totals;

    tally->seeds++;
    tally->turns += totals->turns;
    tally->heard += sim->heard;
    tally->faults += sim->faults;
    tally->sessions += totals->link_sessions;
    tally->gaps += totals->link_gaps;
    tally->replayed += totals->link_replayed;
    tally->duplicates += totals->link_duplicates;
    tally->held += totals->chunks_held;
    tally->paused += totals->receive_paused;
    tally->joins += totals->joins;
    tally->commits += totals->commits;
    tally->checks += totals->password_checks;
}

static void report_failure(const options_t *options, const sim_t *sim)
{
    sim_history_print(sim->history, options->tail, stdout);
    printf("\nseed %" PRIu64 ", turn %" PRIu64 ": %s\n", sim->seed, sim_turns(sim), sim->failure);
    printf("again: mm_sim --seed %" PRIu64 " --turns %" PRIu64 "%s%s\n", sim->seed, sim->turn_limit,
           options->fault == SIM_FAULT_NONE ? "" : " --fault ",
           options->fault == SIM_FAULT_NONE ? "" : sim_fault_name(options->fault));
}

static void take_line(void *ctx, const char *line)
{
    SIM_SAY((sim_t *)ctx, "log %s", line);
}

/* Returns whether all of them went as they should. */
static bool run_all(const options_t *options, tally_t *tally)
{
    uint64_t seed = options->seed, left = options->turns;
    bool is_fine = true;

    while (left > 0 && is_fine) {
        uint64_t limit = left < TURNS_A_SEED ? left : TURNS_A_SEED;
        sim_t *sim = sim_new(seed++, limit, options->fault);
        if (options->has_log)
            mm_log_to(take_line, sim);
        is_fine = sim_run(sim);
        mm_log_to(NULL, NULL);
        add(tally, sim);
        if (!is_fine && options->fault == SIM_FAULT_NONE)
            report_failure(options, sim);
        else if (!is_fine)
            printf("found with seed %" PRIu64 ": %s\n", sim->seed, sim->failure);
        sim_destroy(&sim);
        left -= limit;
    }
    return is_fine;
}

static int list_faults(void)
{
    for (int fault = 0; fault < SIM_FAULT_LIMIT; fault++)
        printf("%-16s %s\n", sim_fault_name((sim_fault_t)fault), sim_fault_doc((sim_fault_t)fault));
    return EXIT_SUCCESS;
}

static int usage(void)
{
    fprintf(stderr, "usage: mm_sim [--seed N] [--turns N] [--tail N] [--log] [--fault NAME] "
                    "[--list-faults]\n");
    return 2;
}

static void print_tally(const tally_t *tally)
{
    printf("%" PRIu64 " seeds, %" PRIu64 " turns, %" PRIu64 " messages heard: %" PRIu64
           " joins, %" PRIu64 " commits, %" PRIu64 " passwords; %" PRIu64 " sessions, %" PRIu64
           " gaps, %" PRIu64 " entries sent again, %" PRIu64 " dropped as known; %" PRIu64
           " chunks held, %" PRIu64 " pauses\n",
           tally->seeds, tally->turns, tally->heard, tally->joins, tally->commits, tally->checks,
           tally->sessions, tally->gaps, tally->replayed, tally->duplicates, tally->held,
           tally->paused);
}

/* What never happened was not tried, and its rules hold for nothing. */
static bool was_worth_it(const options_t *options, const tally_t *tally)
{
    if (options->turns < TURNS)
        return true;
    return tally->joins > 0 && tally->commits > 0 && tally->checks > 0 && tally->gaps > 0 &&
           tally->replayed > 0 && tally->duplicates > 0 && tally->held > 0 && tally->paused > 0;
}

static int run(const options_t *options)
{
    tally_t tally = {0};
    bool is_fine = run_all(options, &tally);

    if (options->fault != SIM_FAULT_NONE) {
        printf("fault %s struck %" PRIu64 " times in %" PRIu64 " seeds: %s\n",
               sim_fault_name(options->fault), tally.faults, tally.seeds,
               is_fine ? "NOT FOUND" : "found");
        return is_fine ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    print_tally(&tally);
    if (is_fine && !was_worth_it(options, &tally)) {
        printf("something was never tried\n");
        return EXIT_FAILURE;
    }
    return is_fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"seed", required_argument, NULL, 's'},
                                          {"turns", required_argument, NULL, 't'},
                                          {"tail", required_argument, NULL, 'l'},
                                          {"log", no_argument, NULL, 'g'},
                                          {"fault", required_argument, NULL, 'f'},
                                          {"list-faults", no_argument, NULL, 'i'},
                                          {0}};
    options_t options = {.seed = 1, .turns = TURNS, .tail = TAIL};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (option == 's')
            options.seed = strtoull(optarg, NULL, 10);
        else if (option == 't')
            options.turns = strtoull(optarg, NULL, 10);
        else if (option == 'l')
            options.tail = strtoull(optarg, NULL, 10);
        else if (option == 'g')
            options.has_log = true;
        else if (option == 'f')
            options.fault = sim_fault_by_name(optarg);
        else
            return option == 'i' ? list_faults() : usage();
    }
    if (options.fault == SIM_FAULT_LIMIT || optind < argc)
        return usage();
    return run(&options);
}
