package ringside.kernel.syscall;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a public method as a system call.
 *
 * <p>The method's name is the call's in {@code include/linux/syscalls.h} without {@code sys_}; it
 * takes at most six longs or ints and returns a result or a negated errno as a long. It becomes the
 * kernel function {@code __riscv_sys_<name>}, which takes a {@code struct pt_regs *}, and can be
 * probed.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Syscall {
  /** The number, asm-generic as on riscv. */
  int value();
}
