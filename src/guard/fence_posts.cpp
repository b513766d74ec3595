#include "guard/fence_posts.h"

#include <algorithm>
#include <utility>

namespace komainu {

FencePosts::FencePosts(FilterSocket socket, std::optional<FencePrograms> programs,
                       const InterfaceTable& interfaces)
    : socket_(std::move(socket)), programs_(std::move(programs)), interfaces_(interfaces) {}

Status FencePosts::sweep(const Inventory& inventory) {
    for (const auto& link : inventory.links) {
        if (programs_ && carries_vips(link.interface)) continue;
        if (Status removed = remove(link.interface); !removed)
            return Error{link.name + ": " + removed.error().what, removed.error().code};
    }
    return Ok{};
}

void FencePosts::follow(std::size_t interface) {
    if (!programs_) return;
    const VipInterface& it = interfaces_[interface];
    Post& post = posts_[it.name];
    // The old one may be gone, and its filters with it; or it has only got another name.
    const InterfaceIndex old = std::exchange(post.on, no_interface);
    if (old != no_interface) static_cast<void>(remove(old));
    fence(it);
}

// Whoever looks for an interface by Ethernet's means is held off; a loopback interface receives
// nothing that others sent, and what carries bare IP packets has no header that could be read.
void FencePosts::fence(const VipInterface& it) {
    Post& post = posts_[it.name];
    post.trouble.clear();
    if (!it.link) return;
    if (!it.is_ethernet()) {
        post.trouble = it.name + " is no Ethernet interface";
        return;
    }
    post.on = it.link->interface;
    if (Status done = put(post.on); !done) post.trouble = it.name + ": " + done.error().what;
}

std::vector<std::string> FencePosts::put_back() {
    std::vector<std::string> back;
    for (std::size_t i = 0; i < interfaces_.size() && programs_; ++i) {
        const VipInterface& it = interfaces_[i];
        const Post& post = posts_[it.name];
        if (post.on == no_interface || is_there(post.on)) continue;
        fence(it);
        if (post.trouble.empty()) back.push_back(it.name);
    }
    return back;
}

std::string FencePosts::trouble() const {
    const auto found =
        std::ranges::find_if(posts_, [](const auto& at) { return !at.second.trouble.empty(); });
    return found == posts_.end() ? std::string() : found->second.trouble;
}

Status FencePosts::take_down() {
    Status status = Ok{};
    for (auto& [name, post] : posts_) {
        const InterfaceIndex on = std::exchange(post.on, no_interface);
        if (on == no_interface) continue;
        if (Status removed = remove(on); !removed) status = removed;
    }
    return status;
}

Status FencePosts::extend(const Config& wanted, const InterfaceTable& interfaces) {
    if (!programs_) return Ok{};
    for (const VipConfig& vip : wanted.vips)
        if (Status entered = enter(*programs_->vips, vip.address.address); !entered) return entered;
    for (std::size_t i = 0; i < interfaces.size(); ++i) {
        if (posts_.contains(interfaces[i].name)) continue;
        fence(interfaces[i]);
        const std::string& trouble = posts_[interfaces[i].name].trouble;
        if (!trouble.empty() && wanted.daemon.fence == FenceMode::require)
            return Error{"no fence, which is required: " + trouble};
    }
    return Ok{};
}

void FencePosts::keep_only(const std::vector<VipConfig>& vips, const InterfaceTable& interfaces) {
    if (!programs_) return;
    std::vector<IpAddress> addresses;
    for (const VipConfig& vip : vips) addresses.push_back(vip.address.address);
    komainu::keep_only(*programs_->vips, addresses);
    std::erase_if(posts_, [&](const auto& at) {
        const auto& [name, post] = at;
        if (interfaces.has(name)) return false;
        if (post.on != no_interface) static_cast<void>(remove(post.on));
        return true;
    });
}

// What goes out first: this is what the fence is for.
Status FencePosts::put(InterfaceIndex interface) {
    if (Status done = socket_.put(interface, Hook::egress, programs_->egress.get()); !done)
        return done;
    return socket_.put(interface, Hook::ingress, programs_->ingress.get());
}

Status FencePosts::remove(InterfaceIndex interface) {
    Status status = Ok{};
    for (const Hook hook : {Hook::ingress, Hook::egress})
        if (const auto removed = socket_.remove(interface, hook); !removed)
            status = removed.error();
    return status;
}

bool FencePosts::is_there(InterfaceIndex interface) {
    return socket_.is_there(interface, Hook::ingress) && socket_.is_there(interface, Hook::egress);
}

bool FencePosts::carries_vips(InterfaceIndex interface) const {
    for (std::size_t i = 0; i < interfaces_.size(); ++i)
        if (interfaces_[i].link && interfaces_[i].link->interface == interface) return true;
    return false;
}

}  // namespace komainu
