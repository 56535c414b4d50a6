/* mikromeet-admin: what an operator asks of a broker and tells it, over the same bus as the gateways.
 *
 * Exit status: 0 done; 2 usage; 3 no such room or participant; 4 refused; 5 no answer in time; 66 no such configuration file; 69 no broker;
 * 78 bad configuration.
 * Not here: the subcommands (admin/commands.c). */
#include "admin/command.h"
#include "admin/escape.h"
#include "proto/bus.h"
#include "proto/runtime.h"

#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(void)
{
    printf("Usage: mikromeet-admin COMMAND [--json] [--bus=ENDPOINT | --data=FOLDER] "
           "[--timeout=TIME] [...]\n\n");
    for (const mm_command_t *command = mm_commands(); command->name != NULL; command++)
        printf("  %s%s%s\n        %s\n", command->name, command->arguments[0] != '\0' ? " " : "",
               command->arguments, command->doc);
    printf("\n  --json\n        one JSON value (watch: one a line) instead of a table\n\n");
}

static int complain(const char *what, const char *why)
{
    char *shown = mm_escape(mm_text(what));

    fprintf(stderr, "mikromeet-admin: %s: %s\n", shown, why);
    free(shown);
    return MM_EXIT_USAGE;
}

static const mm_command_t *find(const char *name)
{
    const mm_command_t *command = mm_commands();

    while (command->name != NULL && strcmp(command->name, name) != 0)
        command++;
    return command->name != NULL ? command : NULL;
}

/* Words and flags are those of the command, no more and no less. */
static int check(const mm_command_t *command, const mm_command_line_t *line)
{
    if (line->word_count - 1 > command->words)
        return complain(line->words[command->words + 1],
                        "one word too many; --help tells the usage");
    if (line->word_count - 1 < command->words)
        return complain(command->name, "a word is missing; --help tells the usage");
    for (unsigned i = 0; i < MM_FLAG_LIMIT; i++)
        if (line->flags[i].value != NULL && (command->flags & 1U << i) == 0)
            return complain(line->flags[i].name, "no flag of this command; --help tells the usage");
    return MM_EXIT_OK;
}

static int run(const mm_settings_t *settings, const mm_command_line_t *line)
{
    const mm_command_t *command;
    char endpoint[MM_PATH_BYTES];
    mm_call_t call = {.settings = settings, .endpoint = endpoint, .flags = line->flags};
    int status;

    if (line->word_count == 0)
        return complain("COMMAND", "is missing; --help lists them");
    command = find(line->words[0]);
    if (command == NULL)
        return complain(line->words[0], "no such command; --help lists them");
    status = check(command, line);
    if (status != MM_EXIT_OK)
        return status;
    if (mm_runtime_bus_endpoint(settings, endpoint) != MM_OK)
        return MM_EXIT_CONFIG; /* the line is printed */
    call.words = line->words + 1;
    call.is_json = line->flags[MM_FLAG_JSON].value != NULL;
    return command->run(&call);
}

int main(int argc, char **argv)
{
    static mm_settings_t settings;
    mm_command_line_t line = {.flags = mm_command_flags(), .help = print_help};
    mm_settings_result_t result;
    int status;

    mm_bus_prepare_process();
    result = mm_settings_init_command(&settings, MM_PROGRAM_ADMIN, &line, argc, argv, environ);
    if (result == MM_SETTINGS_CHECK) {
        mm_settings_say_valid(MM_PROGRAM_ADMIN);
        mm_settings_fini(&settings);
    }
    if (result != MM_SETTINGS_RUN)
        return mm_settings_exit_status(result);
    status = run(&settings, &line);
    mm_settings_fini(&settings);
    zsys_shutdown();
    return status;
}
