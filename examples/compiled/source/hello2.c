#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "version.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("hello %s\n", VERSION);
        return 0;
    }
    const struct passwd *user = getpwuid(getuid());
    printf("Hello, %s\n", user ? user->pw_name : "world");
    return 0;
}
