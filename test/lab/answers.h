// How servers of the lab (lab/server.h) answer: HTTP, and as much of PostgreSQL's protocol (version
// 3.0, chapter "Message Formats" of its manual) as a client needs for one query.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "test/lab/server.h"

namespace komainu::lab {

/// "GET /path HTTP/1.1" of the request; the rest is read and forgotten.
std::string read_http_request(Conversation& client);
void answer_http(Conversation& client, int status, std::string_view body);

namespace sql {

/// Until the connection is ready for a query: no encryption, no password. False when it was no
/// ordinary connection but the request to cancel the query of another.
bool welcome(Conversation& client);
/// Reads the start of a connection and answers with an error instead.
void refuse(Conversation& client, std::string_view sqlstate, std::string_view text);
/// The text of the next query; empty when the client has said good-bye.
std::string read_query(Conversation& client);

void answer(Conversation& client, std::string_view value);  ///< one row of one column
void answer_null(Conversation& client);
void answer_without_row(Conversation& client);
void answer_error(Conversation& client, std::string_view sqlstate, std::string_view text);

}  // namespace sql

}  // namespace komainu::lab
