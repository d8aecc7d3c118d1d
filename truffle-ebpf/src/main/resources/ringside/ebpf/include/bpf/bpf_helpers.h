/* SPDX-License-Identifier: Apache-2.0 */
/* What an eBPF program needs beside the kernel's types: sections, map definitions, helpers. */
#ifndef __BPF_HELPERS_H
#define __BPF_HELPERS_H

#include <bpf/bpf_helper_defs.h>

/* Map definitions: a struct of these in SEC(".maps") says all there is to say in its type. */
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { ___bpf_concat(__unique_value, __COUNTER__) = val } name

#define SEC(name)                                                            \
	_Pragma("GCC diagnostic push")                                       \
	_Pragma("GCC diagnostic ignored \"-Wignored-attributes\"")           \
	__attribute__((section(name), used))                                 \
	_Pragma("GCC diagnostic pop")

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#define __hidden __attribute__((visibility("hidden")))
#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) ((unsigned long)&((type *)0)->member)
#endif
#ifndef container_of
#define container_of(ptr, type, member)                                      \
	({                                                                   \
		void *__mptr = (void *)(ptr);                                \
		((type *)(__mptr - offsetof(type, member)));                 \
	})
#endif

/* Keeps the compiler from reasoning across this point. */
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

#ifndef ___bpf_concat
#define ___bpf_concat(a, b) a##b
#endif
#ifndef ___bpf_apply
#define ___bpf_apply(fn, n) ___bpf_concat(fn, n)
#endif
#ifndef ___bpf_nth
#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _a, _b, _c, N, ...) N
#endif
#ifndef ___bpf_narg
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#endif

#define ___bpf_fill0(arr, p, x) do {} while (0)
#define ___bpf_fill1(arr, p, x) arr[p] = x
#define ___bpf_fill2(arr, p, x, args...) arr[p] = x; ___bpf_fill1(arr, p + 1, args)
#define ___bpf_fill3(arr, p, x, args...) arr[p] = x; ___bpf_fill2(arr, p + 1, args)
#define ___bpf_fill4(arr, p, x, args...) arr[p] = x; ___bpf_fill3(arr, p + 1, args)
#define ___bpf_fill5(arr, p, x, args...) arr[p] = x; ___bpf_fill4(arr, p + 1, args)
#define ___bpf_fill6(arr, p, x, args...) arr[p] = x; ___bpf_fill5(arr, p + 1, args)
#define ___bpf_fill7(arr, p, x, args...) arr[p] = x; ___bpf_fill6(arr, p + 1, args)
#define ___bpf_fill8(arr, p, x, args...) arr[p] = x; ___bpf_fill7(arr, p + 1, args)
#define ___bpf_fill9(arr, p, x, args...) arr[p] = x; ___bpf_fill8(arr, p + 1, args)
#define ___bpf_fill10(arr, p, x, args...) arr[p] = x; ___bpf_fill9(arr, p + 1, args)
#define ___bpf_fill11(arr, p, x, args...) arr[p] = x; ___bpf_fill10(arr, p + 1, args)
#define ___bpf_fill12(arr, p, x, args...) arr[p] = x; ___bpf_fill11(arr, p + 1, args)
#define ___bpf_fill(arr, args...) ___bpf_apply(___bpf_fill, ___bpf_narg(args))(arr, 0, args)

/* Up to three arguments go in registers, more through an array. */
#define ___bpf_printk_regs(fmt, args...)                                     \
	({                                                                   \
		static const char ____fmt[] = fmt;                           \
		bpf_trace_printk(____fmt, sizeof(____fmt), ##args);          \
	})
#define ___bpf_printk_array(fmt, args...)                                    \
	({                                                                   \
		static const char ____fmt[] = fmt;                           \
		__u64 ____param[___bpf_narg(args)];                          \
		___bpf_fill(____param, args);                                \
		bpf_trace_vprintk(____fmt, sizeof(____fmt), ____param,       \
				  sizeof(____param));                        \
	})
#define ___bpf_pick_printk(...)                                              \
	___bpf_nth(_, ##__VA_ARGS__, ___bpf_printk_array, ___bpf_printk_array, \
		   ___bpf_printk_array, ___bpf_printk_array, ___bpf_printk_array, \
		   ___bpf_printk_array, ___bpf_printk_array, ___bpf_printk_array, \
		   ___bpf_printk_array, ___bpf_printk_regs, ___bpf_printk_regs, \
		   ___bpf_printk_regs, ___bpf_printk_regs)
#define bpf_printk(fmt, args...) ___bpf_pick_printk(args)(fmt, ##args)

#endif
