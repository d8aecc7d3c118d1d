package ringside.ebpf.polyglot;

import com.oracle.truffle.api.TruffleLanguage;
import com.oracle.truffle.api.source.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.asm.AssemblyException;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.loader.MapRefused;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.object.BpfObject;
import ringside.ebpf.object.ObjectReader;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.syscall.LoadRequest;
import ringside.ebpf.syscall.LoadResult;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.ebpf.syscall.TestRun;
import ringside.ebpf.vm.EbpfLanguage;
import ringside.ebpf.vm.EvaluationException;
import ringside.ebpf.vm.ProgramValue;
import ringside.ebpf.vm.ProgramsValue;
import ringside.format.BadInputException;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;
import ringside.kernel.trap.KernelHang;
import ringside.kernel.trap.KernelPanic;
import ringside.kernel.trap.TaskKilled;
import ringside.kernel.vm.GuestContext;

/** Loads sources into one kernel, which lives as long as the polyglot context. */
final class KernelEvaluator implements EbpfLanguage.Evaluator {
  /**
   * What the first lines of assembly text may say of the program: {@code ; type: socket_filter}.
   */
  private static final Pattern TYPE = Pattern.compile("(?m)^\\s*(?:;|//|#)\\s*type:\\s*(\\w+)");

  private final Kernel kernel;
  private final Bpf bpf;

  KernelEvaluator(TruffleLanguage.Env env) {
    GuestContext guest =
        GuestContext.current(id ->
            env.initializeLanguage(Objects.requireNonNull(env.getInternalLanguages().get(id), id)));
    this.kernel = Kernel.bootWithin(KernelConfig.defaults(), guest);
    this.bpf = new Bpf(kernel);
    bpf.setSourceFinder(new ProgramSources(env));
  }

  @Override
  public ProgramsValue evaluate(Source source) {
    try {
      return source.hasBytes() ? object(source) : assembly(source);
    } catch (AssemblyException | MapRefused e) {
      throw new EvaluationException(source.getName() + ": " + e.getMessage());
    } catch (BadInputException e) {
      throw new EvaluationException(e.getMessage());
    }
  }

  private ProgramsValue assembly(Source source) {
    String text = source.getCharacters().toString();
    Matcher directive = TYPE.matcher(text);
    ProgramType type = directive.find() ? ProgramType.byLabel(directive.group(1)) : ProgramType.XDP;
    if (type == null) {
      throw new EvaluationException(
          "%s: '%s' is no program type".formatted(source.getName(), directive.group(1)));
    }
    List<Insn> insns = Assembler.assemble(text);
    String name = source.getName().replaceAll("\\W.*", "");
    return new ProgramsValue(List.of(load(LoadRequest.of(name, type, insns, List.of()))));
  }

  private ProgramsValue object(Source source) throws MapRefused {
    byte[] bytes = source.getBytes().toByteArray();
    BpfObject object = ObjectReader.parse(source.getName(), bytes);
    ObjectLoader loader = ObjectLoader.open(bpf, object);
    List<ProgramValue> programs = new ArrayList<>();
    for (BpfObject.ProgramDefinition program : object.programs()) {
      programs.add(load(loader.request(program)));
    }
    return new ProgramsValue(programs);
  }

  private ProgramValue load(LoadRequest request) {
    LoadResult result = bpf.load(request);
    LoadedProgram program = result.program();
    if (program == null) {
      throw new EvaluationException(
          "%s: rejected with errno %d: %s"
              .formatted(request.name(), result.errno(), result.lastLine()));
    }
    return new ProgramValue(request.name(), bytes -> run(program, bytes));
  }

  private long run(LoadedProgram program, byte[] bytes) {
    boolean plain =
        program.type() == ProgramType.RAW_TRACEPOINT || program.type() == ProgramType.SYSCALL;
    byte[] none = new byte[0];
    TestRun.Request request =
        new TestRun.Request(plain ? none : bytes, plain ? bytes : none, plain ? 0 : 1);
    try {
      TestRun.Answer answer = new TestRun(kernel).run(program, request);
      if (answer.errno() != 0) {
        throw new EvaluationException(
            "%s: programs of type %s cannot be run on %d bytes (errno %d)"
                .formatted(program.name(), program.type().label(), bytes.length, answer.errno()));
      }
      if (!plain) {
        int length = Math.min(bytes.length, answer.data().length);
        System.arraycopy(answer.data(), 0, bytes, 0, length);
      }
      return Integer.toUnsignedLong(answer.retval());
    } catch (TaskKilled e) {
      throw new EvaluationException(program.name() + ": the kernel killed the task: oops");
    } catch (KernelPanic e) {
      throw new EvaluationException(program.name() + ": the kernel panicked");
    } catch (KernelHang e) {
      throw new EvaluationException(program.name() + ": the program does not come to an end");
    }
  }

  @Override
  public void close() {
    kernel.close();
  }
}
