#include "guard/fence_posts.h"

#include <algorithm>
#include <utility>

namespace komainu {

FencePosts::FencePosts(FilterSocket socket, std::optional<FencePrograms> programs,
                       const InterfaceTable& interfaces)
    : socket_(std::move(socket)),
      programs_(std::move(programs)),
      interfaces_(interfaces),
      posts_(interfaces.size()) {}

Status FencePosts::sweep(const Inventory& inventory) {
    for (const auto& link : inventory.links) {
        if (programs_ && carries_vips(link.interface)) continue;
        if (Status removed = remove(link.interface); !removed)
            return Error{link.name + ": " + removed.error().what, removed.error().code};
    }
    return Ok{};
}

void FencePosts::follow(std::size_t interface) {
    Post& post = posts_[interface];
    if (!programs_) return;
    // The old one may be gone, and its filters with it; or it has only got another name.
    const InterfaceIndex old = std::exchange(post.on, no_interface);
    if (old != no_interface) static_cast<void>(remove(old));
    fence(interface);
}

// Whoever looks for an interface by Ethernet's means is held off; a loopback interface receives
// nothing that others sent, and what carries bare IP packets has no header that could be read.
void FencePosts::fence(std::size_t interface) {
    const VipInterface& it = interfaces_[interface];
    Post& post = posts_[interface];
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
    for (std::size_t i = 0; i < posts_.size() && programs_; ++i) {
        if (posts_[i].on == no_interface || is_there(posts_[i].on)) continue;
        fence(i);
        if (posts_[i].trouble.empty()) back.push_back(interfaces_[i].name);
    }
    return back;
}

std::string FencePosts::trouble() const {
    const auto found =
        std::ranges::find_if(posts_, [](const Post& p) { return !p.trouble.empty(); });
    return found == posts_.end() ? std::string() : found->trouble;
}

Status FencePosts::take_down() {
    Status status = Ok{};
    for (Post& post : posts_) {
        const InterfaceIndex on = std::exchange(post.on, no_interface);
        if (on == no_interface) continue;
        if (Status removed = remove(on); !removed) status = removed;
    }
    return status;
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
