package ringside.hook;

import com.oracle.truffle.api.CallTarget;
import com.oracle.truffle.api.TruffleLanguage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import ringside.hook.vm.HookRootNode;

/**
 * A place in the kernel where extensions attach.
 *
 * <p>An empty hook costs one load and one branch ({@link #armed}). Each attach and detach rebuilds
 * the dispatch as a new call target with direct calls to what is attached, so that the extensions
 * inline into it.
 */
public final class HookPoint {
  private static final int EBUSY = 16;
  private static final int EEXIST = 17;

  private final String name;
  private final VerdictPolicy policy;
  private final @Nullable TruffleLanguage<?> language;
  private final List<Attachment> attachments = new ArrayList<>();
  private @Nullable CallTarget dispatch;

  /**
   * Makes an empty hook.
   *
   * @param name Linux's name for it, e.g. {@code xdp/eth0} or {@code raw_syscalls:sys_enter}
   * @param language owns the dispatch's root node
   */
  public HookPoint(String name, VerdictPolicy policy, @Nullable TruffleLanguage<?> language) {
    this.name = name;
    this.policy = policy;
    this.language = language;
  }

  /** Linux's name for the hook. */
  public String name() {
    return name;
  }

  /** Whether anything is attached. */
  public boolean armed() {
    return dispatch != null;
  }

  /** What is attached, in the order in which it runs. */
  public List<Attachment> attachments() {
    return List.copyOf(attachments);
  }

  /** How verdicts are joined. */
  public VerdictPolicy policy() {
    return policy;
  }

  /**
   * Adds an extension behind those of equal priority.
   *
   * @throws AttachException with {@code EBUSY} where the hook takes one only and has it, with
   *     {@code EEXIST} where this very attachment is there already
   */
  public void attach(Attachment attachment) {
    if (attachments.contains(attachment)) {
      throw new AttachException(EEXIST, attachment.name() + " is attached to " + name + " already");
    }
    if (policy == VerdictPolicy.SINGLE && !attachments.isEmpty()) {
      throw new AttachException(
          EBUSY, name + " takes one attachment and has " + attachments.getFirst().name());
    }
    attachments.add(attachment);
    attachments.sort(Comparator.comparingInt(Attachment::priority));
    rebuild();
  }

  /** Removes an extension; returns false where it was not attached. */
  public boolean detach(Attachment attachment) {
    boolean removed = attachments.remove(attachment);
    if (removed) {
      rebuild();
    }
    return removed;
  }

  /**
   * Runs what is attached.
   *
   * @param arguments the hook's arguments: kernel addresses and integers
   * @return the verdict by the hook's policy; {@link VerdictPolicy#neutral} where nothing is
   *     attached
   */
  public long fire(Object... arguments) {
    CallTarget target = dispatch;
    return target == null ? policy.neutral() : (long) target.call(arguments);
  }

  /** What {@link #fire} calls, for a caller that inlines it; null while nothing is attached. */
  public @Nullable CallTarget target() {
    return dispatch;
  }

  private void rebuild() {
    dispatch =
        attachments.isEmpty()
            ? null
            : new HookRootNode(language, name, policy, attachments).getCallTarget();
  }
}
