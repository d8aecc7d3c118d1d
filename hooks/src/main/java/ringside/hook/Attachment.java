package ringside.hook;

import com.oracle.truffle.api.CallTarget;

/**
 * One extension at one hook point.
 *
 * @param name whom to blame in listings, e.g. {@code nf_filter} or {@code prog 3}
 * @param id the number that listings show for it, or 0 where it has none
 * @param priority order among its neighbours, lowest first, as netfilter has it
 * @param target takes the hook's arguments as boxed longs, returns a boxed long verdict
 */
public record Attachment(String name, int id, int priority, CallTarget target) {
  /** An extension without a number. */
  public Attachment(String name, int priority, CallTarget target) {
    this(name, 0, priority, target);
  }
}
