package dev.lockstep.deploy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.xbean.asm9.ClassReader;
import org.apache.xbean.asm9.ClassVisitor;
import org.apache.xbean.asm9.FieldVisitor;
import org.apache.xbean.asm9.Handle;
import org.apache.xbean.asm9.MethodVisitor;
import org.apache.xbean.asm9.Opcodes;

/**
 * Finds what would be a {@code NoSuchMethodError} or its like: every class, method and field of
 * Spark, Hadoop and Scala that the application's own classes name must be in a Spark's jars, with
 * just that signature. Scala's collections, for one, differ between Scala 2.12 and 2.13.
 */
final class JarLinks implements AutoCloseable {
  private static final List<String> LOOKED_AT = List.of("org/apache/", "org/slf4j/", "scala/");

  /** What a class has itself, and where it has the rest from. */
  private record Shape(Set<String> members, List<String> parents) {}

  private final URLClassLoader spark;
  private final Map<String, Shape> shapes = new HashMap<>();
  private final Set<String> missing = new TreeSet<>();
  private int found;

  private JarLinks(URLClassLoader spark) {
    this.spark = spark;
  }

  /** What is missing, and how many names were looked up. */
  record Result(Set<String> missing, int found) {}

  /** Looks everything up that the own classes of an application's jar name. */
  static Result check(Path application, Path sparkJars) throws IOException {
    List<URL> urls = new ArrayList<>();
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(sparkJars, "*.jar")) {
      for (Path jar : jars) {
        urls.add(jar.toUri().toURL());
      }
    }
    try (JarLinks links =
            new JarLinks(
                new URLClassLoader(
                    urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader()));
        ZipFile jar = new ZipFile(application.toFile())) {
      for (Enumeration<? extends ZipEntry> all = jar.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        String name = entry.getName();
        if (name.endsWith(".class")
            && name.startsWith("dev/lockstep/")
            && !name.startsWith("dev/lockstep/shaded/")) {
          try (InputStream bytes = jar.getInputStream(entry)) {
            links.look(new ClassReader(bytes));
          }
        }
      }
      return new Result(links.missing, links.found);
    }
  }

  @Override
  public void close() throws IOException {
    spark.close();
  }

  private void look(ClassReader own) {
    String user = own.getClassName();
    MethodVisitor body =
        new MethodVisitor(Opcodes.ASM9) {
          @Override
          public void visitMethodInsn(
              int opcode, String owner, String name, String descriptor, boolean ofInterface) {
            find(user, owner, name + descriptor);
          }

          @Override
          public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
            find(user, owner, name + " " + descriptor);
          }

          @Override
          public void visitInvokeDynamicInsn(
              String name, String descriptor, Handle bootstrap, Object... arguments) {
            for (Object each : arguments) {
              if (each instanceof Handle handle) {
                find(user, handle.getOwner(), handle.getName() + handle.getDesc());
              }
            }
          }
        };
    own.accept(
        new ClassVisitor(Opcodes.ASM9) {
          @Override
          public MethodVisitor visitMethod(
              int access, String name, String descriptor, String signature, String[] exceptions) {
            return body;
          }
        },
        ClassReader.SKIP_DEBUG);
  }

  private void find(String user, String owner, String member) {
    if (LOOKED_AT.stream().anyMatch(owner::startsWith)) {
      if (has(owner, member)) {
        found++;
      } else {
        missing.add(user + " needs " + owner + "." + member);
      }
    }
  }

  private boolean has(String owner, String member) {
    Shape shape = shapes.computeIfAbsent(owner, this::read);
    return shape.members.contains(member)
        || shape.parents.stream().anyMatch(parent -> has(parent, member));
  }

  private Shape read(String name) {
    Set<String> members = new HashSet<>();
    List<String> parents = new ArrayList<>();
    try (InputStream bytes = spark.getResourceAsStream(name + ".class")) {
      if (bytes != null) {
        new ClassReader(bytes)
            .accept(
                new ClassVisitor(Opcodes.ASM9) {
                  @Override
                  public void visit(
                      int version,
                      int access,
                      String name,
                      String signature,
                      String parent,
                      String[] interfaces) {
                    if (parent != null) {
                      parents.add(parent);
                    }
                    parents.addAll(List.of(interfaces));
                  }

                  @Override
                  public FieldVisitor visitField(
                      int access, String name, String descriptor, String signature, Object value) {
                    members.add(name + " " + descriptor);
                    return null;
                  }

                  @Override
                  public MethodVisitor visitMethod(
                      int access,
                      String name,
                      String descriptor,
                      String signature,
                      String[] exceptions) {
                    members.add(name + descriptor);
                    return null;
                  }
                },
                ClassReader.SKIP_CODE | ClassReader.SKIP_DEBUG);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return new Shape(members, parents);
  }
}
