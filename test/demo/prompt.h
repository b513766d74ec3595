// The demo's prompt: the cluster stays, and the visitor does to it what he likes.
#pragma once

#include "test/demo/screen.h"
#include "test/demo/stage.h"

namespace komainu::demo {

/// Reads commands from the standard input until "quit" or its end.
void run_prompt(Stage&, Screen&);

}  // namespace komainu::demo
