package ringside.shell.bpftool;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import ringside.ebpf.helper.HelperCatalog;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.map.MapType;
import ringside.ebpf.uapi.BpfClient;
import ringside.ebpf.uapi.Command;
import ringside.kernel.core.Errno;

/** {@code bpftool feature probe}: finds out by trying, as the real one does. */
final class FeatureCommand {
  private static final int HELPERS = 211;
  private static final int LOG = 4096;

  private final Tool tool;
  private final BpfClient client;

  FeatureCommand(Tool tool) {
    this.tool = tool;
    this.client = tool.client();
  }

  void run(Words words) {
    if (!words.accept("probe")) {
      tool.err()
          .print(
              """
              Usage: bpftool feature probe [kernel] [full] [unprivileged]
                     bpftool feature help

                     OPTIONS := { {-j|--json} [{-p|--pretty}] | {-d|--debug} }
              """);
      if (words.isEmpty() || words.accept("help")) {
        return;
      }
      throw new Refusal("unknown command '%s'".formatted(words.peek()));
    }
    while (!words.isEmpty()) {
      if (!words.accept("kernel") && !words.accept("full")) {
        throw new Refusal(
            "expected no more arguments, 'kernel', 'full', got: '%s'?".formatted(words.peek()));
      }
    }
    if (tool.isJson()) {
      tool.json().object();
    }
    configuration();
    programTypes();
    mapTypes();
    helpers();
    if (tool.isJson()) {
      tool.json().endObject();
    }
  }

  private void section(String title, String name) {
    if (tool.isJson()) {
      tool.json().name(name).object();
    } else {
      tool.out().println(title);
    }
  }

  private void end() {
    if (tool.isJson()) {
      tool.json().endObject();
    } else {
      tool.out().println();
    }
  }

  private void available(String words, String name, boolean there) {
    if (tool.isJson()) {
      tool.json().field(name, there);
    } else {
      tool.out().println("%s is %s".formatted(words, there ? "available" : "NOT available"));
    }
  }

  private void configuration() {
    section("Scanning system configuration...", "system_config");
    byte[] file = tool.environment().read("/proc/sys/kernel/unprivileged_bpf_disabled");
    String value = file == null ? "-1" : new String(file, 0, 1, StandardCharsets.US_ASCII);
    if (tool.isJson()) {
      tool.json().name("unprivileged_bpf_disabled").raw(value);
    } else {
      tool.out()
          .println(
              switch (value) {
                case "0" -> "bpf() syscall for unprivileged users is enabled";
                case "1" -> "bpf() syscall restricted to privileged users (without recovery)";
                case "2" -> "bpf() syscall restricted to privileged users (admin can change)";
                default -> "Unable to retrieve required privileges for bpf() syscall";
              });
      tool.out().println("JIT compiler is enabled");
    }
    end();
    section("Scanning system call availability...", "syscall_config");
    boolean there = client.attr("prog_type").call(Command.PROG_LOAD) != -Errno.ENOSYS;
    if (tool.isJson()) {
      tool.json().field("have_bpf_syscall", there);
    } else {
      tool.out().println("bpf() syscall is " + (there ? "available" : "NOT available"));
    }
    end();
  }

  private void programTypes() {
    section("Scanning eBPF program types...", "program_types");
    for (ProgramType type : ProgramType.values()) {
      if (type != ProgramType.UNSPEC) {
        available(
            "eBPF program_type " + type.label(),
            "have_%s_prog_type".formatted(type.label()),
            loads(type));
        client.reset();
      }
    }
    end();
  }

  private boolean loads(ProgramType type) {
    return load(type, new Insn(0xb7, 0, 0, 0, type == ProgramType.NETFILTER ? 1 : 0)) >= 0;
  }

  /** Loads an instruction and an exit, without keeping the program. */
  private long load(ProgramType type, Insn insn) {
    List<Insn> insns = List.of(insn, new Insn(0x95, 0, 0, 0, 0));
    int attachType =
        switch (type) {
          case CGROUP_SOCK_ADDR -> 10;
          case CGROUP_SOCKOPT -> 21;
          case SK_LOOKUP -> 36;
          case NETFILTER -> 45;
          default -> 0;
        };
    long fd =
        client
            .attr("prog_type")
            .u32("prog_type", type.id())
            .u32("insn_cnt", 2)
            .u64("insns", client.allocate(Insn.encodeAll(insns)))
            .u64("license", client.text("GPL"))
            .u32("expected_attach_type", attachType)
            .u32("log_level", 1)
            .u32("log_size", LOG)
            .u64("log_buf", client.allocate(LOG))
            .call(Command.PROG_LOAD);
    if (fd >= 0) {
      client.close((int) fd);
    }
    return fd;
  }

  private void mapTypes() {
    section("Scanning eBPF map types...", "map_types");
    for (MapType type : MapType.values()) {
      if (type != MapType.UNSPEC) {
        available(
            "eBPF map_type " + type.label(),
            "have_%s_map_type".formatted(type.label()),
            makes(type));
        client.reset();
      }
    }
    end();
  }

  private boolean makes(MapType type) {
    int key =
        switch (type) {
          case QUEUE, STACK, BLOOM_FILTER, RINGBUF, USER_RINGBUF, ARENA -> 0;
          case LPM_TRIE -> 8;
          default -> 4;
        };
    int value =
        switch (type) {
          case RINGBUF, USER_RINGBUF, ARENA -> 0;
          case STACK_TRACE, LPM_TRIE -> 8;
          default -> 4;
        };
    int entries =
        switch (type) {
          case RINGBUF, USER_RINGBUF -> 4096;
          case TASK_STORAGE, INODE_STORAGE, SK_STORAGE, CGRP_STORAGE -> 0;
          default -> 1;
        };
    int flags =
        switch (type) {
          case LPM_TRIE, TASK_STORAGE, INODE_STORAGE, SK_STORAGE, CGRP_STORAGE -> 1;
          case ARENA -> 1 << 10;
          default -> 0;
        };
    BpfClient.Attr attr =
        client
            .attr("map_type")
            .u32("map_type", type.id())
            .u32("key_size", key)
            .u32("value_size", value)
            .u32("max_entries", entries)
            .u32("map_flags", flags);
    long inner = -1;
    if (type == MapType.ARRAY_OF_MAPS || type == MapType.HASH_OF_MAPS) {
      inner =
          client
              .attr("map_type")
              .u32("map_type", 1)
              .u32("key_size", 4)
              .u32("value_size", 4)
              .u32("max_entries", 1)
              .call(Command.MAP_CREATE);
      attr.u32("inner_map_fd", (int) inner);
    }
    long fd = attr.call(Command.MAP_CREATE);
    if (inner >= 0) {
      client.close((int) inner);
    }
    if (fd >= 0) {
      client.close((int) fd);
    }
    return fd >= 0;
  }

  /** A helper is there where the verifier complains of its arguments and not of the call. */
  private void helpers() {
    section("Scanning eBPF helper functions...", "helpers");
    for (ProgramType type : ProgramType.values()) {
      if (type == ProgramType.UNSPEC || !loads(type)) {
        continue;
      }
      if (tool.isJson()) {
        tool.json().name(type.label() + "_available_helpers").array();
      } else {
        tool.out().println("eBPF helpers supported for program type %s:".formatted(type.label()));
      }
      for (int id = 1; id <= HELPERS; id++) {
        client.reset();
        if (known(type, id)) {
          if (tool.isJson()) {
            tool.json().text(HelperCatalog.name(id));
          } else {
            tool.out().println("\t- " + HelperCatalog.name(id));
          }
        }
      }
      if (tool.isJson()) {
        tool.json().endArray();
      }
    }
    if (tool.isJson()) {
      tool.json().endObject();
    }
  }

  private boolean known(ProgramType type, int id) {
    long log = client.allocate(LOG);
    List<Insn> insns = List.of(new Insn(0x85, 0, 0, 0, id), new Insn(0x95, 0, 0, 0, 0));
    BpfClient.Attr attr =
        client
            .attr("prog_type")
            .u32("prog_type", type.id())
            .u32("insn_cnt", 2)
            .u64("insns", client.allocate(Insn.encodeAll(insns)))
            .u64("license", client.text("GPL"))
            .u32("log_level", 1)
            .u32("log_size", LOG)
            .u64("log_buf", log);
    long fd = attr.call(Command.PROG_LOAD);
    if (fd >= 0) {
      client.close((int) fd);
      return true;
    }
    String words = client.string(log, LOG).toLowerCase(Locale.ROOT);
    return !words.isEmpty()
        && !words.contains("invalid func ")
        && !words.contains("unknown func ")
        && !words.contains("program of this type cannot use helper ")
        && !words.contains("cannot be loaded into this kernel");
  }
}
