/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _SYS_SOCKET_H
#define _SYS_SOCKET_H

#include <bits/syscall.h>

#define __NR_socket 198
#define __NR_bind 200
#define __NR_connect 203
#define __NR_getsockname 204
#define __NR_sendto 206
#define __NR_recvfrom 207
#define __NR_setsockopt 208
#define __NR_getsockopt 209
#define __NR_sendmsg 211
#define __NR_recvmsg 212

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_PACKET 17
#define PF_INET AF_INET
#define PF_PACKET AF_PACKET

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000

#define SOL_SOCKET 1
#define SO_REUSEADDR 2
#define SO_TYPE 3
#define SO_ERROR 4
#define SO_SNDBUF 7
#define SO_RCVBUF 8
#define SO_PRIORITY 12
#define SO_ATTACH_FILTER 26
#define SO_DETACH_FILTER 27
#define SO_GET_FILTER SO_ATTACH_FILTER
#define SO_MARK 36
#define SO_PROTOCOL 38
#define SO_DOMAIN 39
#define SO_LOCK_FILTER 44
#define SO_BPF_EXTENSIONS 48
#define SO_ATTACH_BPF 50
#define SO_DETACH_BPF SO_DETACH_FILTER

#define MSG_PEEK 0x02
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40

typedef unsigned short sa_family_t;
typedef unsigned int socklen_t;

struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};

struct iovec {
	void *iov_base;
	size_t iov_len;
};

struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	size_t msg_iovlen;
	void *msg_control;
	size_t msg_controllen;
	int msg_flags;
};

static inline int socket(int domain, int type, int protocol)
{
	return (int)syscall(__NR_socket, domain, type, protocol);
}

static inline int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)syscall(__NR_bind, fd, address, length);
}

static inline int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	return (int)syscall(__NR_connect, fd, address, length);
}

static inline int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
	return (int)syscall(__NR_getsockname, fd, address, length);
}

static inline ssize_t sendto(int fd, const void *buffer, size_t count, int flags,
			     const struct sockaddr *to, socklen_t length)
{
	return syscall(__NR_sendto, fd, buffer, count, flags, to, length);
}

static inline ssize_t send(int fd, const void *buffer, size_t count, int flags)
{
	return syscall(__NR_sendto, fd, buffer, count, flags);
}

static inline ssize_t recvfrom(int fd, void *buffer, size_t count, int flags,
			       struct sockaddr *from, socklen_t *length)
{
	return syscall(__NR_recvfrom, fd, buffer, count, flags, from, length);
}

static inline ssize_t recv(int fd, void *buffer, size_t count, int flags)
{
	return syscall(__NR_recvfrom, fd, buffer, count, flags);
}

static inline int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	return (int)syscall(__NR_setsockopt, fd, level, name, value, length);
}

static inline int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	return (int)syscall(__NR_getsockopt, fd, level, name, value, length);
}

static inline ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return syscall(__NR_sendmsg, fd, message, flags);
}

static inline ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return syscall(__NR_recvmsg, fd, message, flags);
}

#endif
