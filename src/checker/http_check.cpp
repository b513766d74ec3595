#include "checker/http_check.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "checker/answer.h"

namespace komainu {

namespace {

constexpr const char* no_proxy = "";  // also none that the environment names

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

/// Any host and port that the URL names is this host, at the same port: CURLOPT_CONNECT_TO(3).
List redirection_to(const IpAddress& host) {
    const std::string text = to_string(host);
    return List(curl_slist_append(
        nullptr, ("::" + (host.is_ipv4() ? text : "[" + text + "]") + ":").c_str()));
}

/// What came of the body, up to the bound. By CURLOPT_WRITEFUNCTION(3) a smaller number than was
/// given ends the transfer.
std::size_t keep(const char* bytes, std::size_t one, std::size_t count, void* kept_body) {
    auto& body = *static_cast<std::string*>(kept_body);
    const std::size_t taken = std::min(one * count, body_bytes_max - body.size());
    body.append(bytes, taken);
    return body.size() < body_bytes_max ? taken : 0;
}

void permit_only_http(CURL* curl) {
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

void ask_for(CURL* curl, const ServiceConfig& service) {
    permit_only_http(curl);
    curl_easy_setopt(curl, CURLOPT_URL, service.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROXY, no_proxy);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "komainu-check/" KOMAINU_VERSION);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(service.timeout / 1ms));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(service.timeout / 1ms));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    // Waits for no name server that does not answer. Older libcurls do, until the process is
    // killed.
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
    if (!service.unix_socket.empty())
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, service.unix_socket.c_str());
}

}  // namespace

Outcome check_http(const ServiceConfig& service) {
    std::string body;
    char trouble[CURL_ERROR_SIZE] = "";
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> owner(curl_easy_init(),
                                                                    curl_easy_cleanup);
    CURL* const curl = owner.get();
    if (curl == nullptr) return {Finding::ill, "libcurl cannot start"};
    ask_for(curl, service);
    List redirection;
    if (service.connect_to) {
        redirection = redirection_to(*service.connect_to);
        curl_easy_setopt(curl, CURLOPT_CONNECT_TO, redirection.get());
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, trouble);

    const CURLcode code = curl_easy_perform(curl);
    const bool is_enough = code == CURLE_WRITE_ERROR && body.size() == body_bytes_max;
    if (code != CURLE_OK && !is_enough)
        return {code == CURLE_URL_MALFORMAT ? Finding::bad_settings : Finding::ill,
                one_line(trouble[0] != '\0' ? trouble : curl_easy_strerror(code))};
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return judge_response(service, static_cast<int>(status), body);
}

}  // namespace komainu
