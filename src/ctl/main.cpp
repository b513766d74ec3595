#include "ctl/commands.h"

int main(int argc, char** argv) {
    return static_cast<int>(komainu::run_komainuctl({argv + 1, argv + argc}));
}
