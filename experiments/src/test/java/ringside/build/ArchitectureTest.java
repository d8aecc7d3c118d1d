package ringside.build;

import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.oracle.truffle.api.nodes.NodeInterface;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The architecture's rules, over the compiled classes of all modules. */
final class ArchitectureTest {
  private static final String[] HOOKS = {
    "ringside.kernel..", "ringside.hook..", "ringside.format..", "ringside.toolchain.."
  };
  private static final String[] EBPF = {"ringside.ebpf.."};
  private static final String[] LKM = {"ringside.rv64..", "ringside.lkm.."};
  private static final String[] REPORTS = {"ringside.reports.."};
  private static final String[] EXPERIMENTS = {
    "ringside.experiments..", "ringside.cli..", "ringside.shell.."
  };

  private static JavaClasses product;

  @BeforeAll
  static void importClasses() {
    product =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            // What JMH's annotation processor writes, beside the benchmarks.
            .withImportOption(location -> !location.contains("/jmh_generated/"))
            .importPackages("ringside");
  }

  @Test
  void everyPackageBelongsToAModule() {
    classes()
        .should()
        .resideInAnyPackage(concat(HOOKS, EBPF, LKM, REPORTS, EXPERIMENTS))
        .check(product);
  }

  @Test
  void hooksKnowsNeitherContestant() {
    noneOf(HOOKS, concat(EBPF, LKM, REPORTS, EXPERIMENTS));
  }

  @Test
  void theContestantsNeverMeet() {
    noneOf(EBPF, concat(LKM, REPORTS, EXPERIMENTS));
    noneOf(LKM, concat(EBPF, REPORTS, EXPERIMENTS));
  }

  @Test
  void reportsKnowsNoneOfTheOthers() {
    noneOf(REPORTS, concat(HOOKS, EBPF, LKM, EXPERIMENTS));
  }

  private static void noneOf(String[] from, String[] to) {
    noClasses()
        .that()
        .resideInAnyPackage(from)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(to)
        .check(product);
  }

  @Test
  void packagesFormNoCycle() {
    slices().assignedFrom(packages()).should().beFreeOfCycles().check(product);
  }

  private static SliceAssignment packages() {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        // A hook point and the root node that it compiles to are two halves of one thing.
        return SliceIdentifier.of(type.getPackageName().replace("hook.vm", "hook"));
      }

      @Override
      public String getDescription() {
        return "packages";
      }
    };
  }

  @Test
  void nothingStaticChanges() {
    // Many kernels live in one JVM, each trial its own: what they share must be constant.
    fields()
        .that()
        .areStatic()
        .and(are(writtenByHand()))
        .should()
        .beFinal()
        .andShould(beOfATypeThatCannotChange())
        .check(product);
  }

  private static DescribedPredicate<JavaField> writtenByHand() {
    return DescribedPredicate.describe(
        "written by hand",
        field ->
            !field.getModifiers().contains(JavaModifier.SYNTHETIC)
                && !field.getName().startsWith("$")
                && !isGenerated(field.getOwner()));
  }

  private static boolean isGenerated(JavaClass type) {
    // Truffle's annotation processor keeps caches in static finals of its own types.
    return type.isAnnotatedWith("com.oracle.truffle.api.dsl.GeneratedBy")
        || type.getEnclosingClass().map(ArchitectureTest::isGenerated).orElse(false);
  }

  private static ArchCondition<JavaField> beOfATypeThatCannotChange() {
    // The JDK's mutable containers by interface would forbid List.of too, so the classes are named.
    Set<String> mutable =
        Set.of(
            "java.util.ArrayList",
            "java.util.LinkedList",
            "java.util.HashMap",
            "java.util.LinkedHashMap",
            "java.util.TreeMap",
            "java.util.HashSet",
            "java.util.BitSet",
            "java.util.Random",
            "java.util.concurrent.ConcurrentHashMap",
            "java.util.concurrent.ConcurrentMap",
            "java.lang.ThreadLocal",
            "java.lang.StringBuilder");
    return new ArchCondition<>("be of a type that cannot change") {
      @Override
      public void check(JavaField field, ConditionEvents events) {
        String type = field.getRawType().getName();
        if (mutable.contains(type) || type.startsWith("java.util.concurrent.atomic.")) {
          events.add(
              SimpleConditionEvent.violated(field, field.getFullName() + " is a mutable " + type));
        }
      }
    };
  }

  @Test
  void onlyVmPackagesHoldNodes() {
    classes()
        .that()
        .areAssignableTo(NodeInterface.class)
        .should()
        .resideInAPackage("..vm..")
        .check(product);
  }

  private static String[] concat(String[]... groups) {
    return java.util.Arrays.stream(groups).flatMap(java.util.Arrays::stream).toArray(String[]::new);
  }
}
