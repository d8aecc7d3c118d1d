package ringside.shell;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import ringside.ebpf.attach.BpfLink;
import ringside.ebpf.syscall.LoadResult;
import ringside.format.BadInputException;
import ringside.hook.AttachException;

/** {@code prog}: eBPF programs, in the manner of bpftool. */
final class ProgCommands {
  /** Exit status where the loader or the verifier rejected a program. */
  private static final int REJECTED = 3;

  private ProgCommands() {}

  /** {@code prog load|attach|detach|list|trace}. */
  @Command(
      name = "prog",
      description = "load FILE [NAME] | attach NAME [TARGET] | detach NAME | list | trace: eBPF")
  static final class Prog extends Builtin {
    Prog(Session session) {
      super(session);
    }

    @Override
    int call() {
      List<String> words = arguments();
      String verb = words.isEmpty() ? "" : words.getFirst();
      int count = words.size() - 1;
      if (verb.equals("load") && (count == 1 || count == 2)) {
        return load(words.get(1), count == 2 ? Optional.of(words.get(2)) : Optional.empty());
      }
      if (verb.equals("attach") && (count == 1 || count == 2)) {
        return attach(words.get(1), count == 2 ? Optional.of(words.get(2)) : Optional.empty());
      }
      if (verb.equals("detach") && count == 1) {
        return session().programs().detach(words.get(1))
            ? 0
            : fail("prog: %s is not attached".formatted(words.get(1)));
      }
      if ((verb.equals("list") || verb.equals("show")) && count == 0) {
        session().programs().list().forEach(out()::println);
        return 0;
      }
      if (verb.equals("trace") && count == 0) {
        session().programs().trace().forEach(out()::println);
        return 0;
      }
      return fail(
          "usage: prog load FILE [NAME] | attach NAME [TARGET] | detach NAME | list | trace");
    }

    private int load(String path, Optional<String> only) {
      byte[] file = session().read(path);
      if (file == null) {
        return fail("prog: %s: No such file or directory".formatted(path));
      }
      List<Programs.Outcome> outcomes;
      try {
        outcomes = session().programs().load(path, file, only);
      } catch (BadInputException e) {
        session().complain(e);
        return REJECTED;
      }
      int status = 0;
      for (Programs.Outcome outcome : outcomes) {
        LoadResult result = outcome.result();
        if (result.accepted()) {
          out().println("%s: loaded".formatted(outcome.name()));
        } else {
          session().err().print(result.log());
          session()
              .err()
              .println("prog: %s: rejected, errno %d".formatted(outcome.name(), result.errno()));
          status = REJECTED;
        }
      }
      return status;
    }

    private int attach(String name, Optional<String> target) {
      if (session().programs().attached(name)) {
        return fail("prog: %s is attached already (prog detach %<s takes it off)".formatted(name));
      }
      try {
        Optional<BpfLink> link = session().programs().attach(name, target);
        if (link.isEmpty()) {
          return fail("prog: no program %s is loaded (prog list shows what is)".formatted(name));
        }
        out().println("%s: attached to %s".formatted(name, link.get().hook().name()));
        return 0;
      } catch (AttachException e) {
        return fail("prog: " + e.getMessage());
      }
    }
  }
}
