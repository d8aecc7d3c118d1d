package ringside.kernel.text;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a Java method as a function of the simulated kernel that has an address in its text.
 *
 * <p>The method's name is the C name. It takes longs and ints (or a trailing {@link CallArgs} that
 * also gives the variadic ones) and returns long, int or void. kallsyms, kprobes and module linking
 * read this.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface KernelFunction {
  /** Whether modules may link against it, and which. */
  Export export() default Export.NONE;

  /** The C name, where it cannot be the Java method's. */
  String name() default "";

  /** How a symbol is exported to modules. */
  enum Export {
    /** In kallsyms only. */
    NONE,
    /** {@code EXPORT_SYMBOL}. */
    ALL,
    /** {@code EXPORT_SYMBOL_GPL}. */
    GPL
  }
}
