import FileAccess
import Foundation
import TestSupport
import Testing

@Suite struct `A path` {
    /// A directory with links of every kind.
    private func withTree(_ body: (String) throws -> Void) throws {
        try withWorkspace { root in
            for directory in ["a/b/c", "d/e", "f"] {
                try FileManager.default.createDirectory(
                    atPath: root + "/" + directory,
                    withIntermediateDirectories: true
                )
            }
            try put("", root + "/a/file")
            let links = [
                ("d/near", "../a/b"), ("d/far", root + "/a/b/c"), ("a/up", ".."),
                ("f/two", "../d/near"), ("a/b/lone", "../file"), ("f/root", "/"),
            ]
            for (name, target) in links { symlink(target, root + "/" + name) }
            try body(root)
        }
    }

    @Test(arguments: [
        ("x", "/x", "/x"), (".", "", ""), ("./a//b/.", "/a/b", "/a/b"), ("a/../d", "/d", "/d"),
        ("d/near", "/d/near", "/a/b"), ("d/near/c", "/d/near/c", "/a/b/c"),
        ("d/near/..", "/a", "/a"), ("d/near/../file", "/a/file", "/a/file"),
        ("d/far/../../x", "/a/x", "/a/x"), ("f/two/..", "/a", "/a"),
        ("a/up/d/e", "/a/up/d/e", "/d/e"),
        ("none/../a", "/a", "/a"), ("d/near/new/x", "/d/near/new/x", "/a/b/new/x"),
        ("d/near/new/../y", "/d/near/y", "/a/b/y"), ("a/file", "/a/file", "/a/file"),
        ("a/b/lone", "/a/b/lone", "/a/file"),
        ("d/near/../../../../../../../../../..", "TOP", "TOP"),
        ("~", "/~", "/~"), ("\u{301}/..", "", ""), ("a/\u{301}x", "/a/\u{301}x", "/a/\u{301}x"),
    ])
    func `is followed through its links, which keep their names where nothing depends on them`(
        path: String,
        absolute: String,
        resolved: String
    ) throws {
        try withTree { root in
            func expected(_ rest: String) -> String { rest == "TOP" ? "/" : root + rest }
            for path in [path, root + "/" + path] {
                #expect(path.absolute(in: root) == expected(absolute))
                #expect(path.resolved(in: root) == expected(resolved))
            }
        }
    }

    /// From the working directory, from which relative links must not be taken, and from elsewhere.
    @Test func `leads where the system has it`() throws {
        try withTree { root in
            let names = [
                "a", "b", "c", "d", "e", "f", "near", "far", "up", "two", "root", "..", ".",
            ]
            let paths = (0..<2000).map { _ in
                (0..<Int.random(in: 1...7)).map { _ in names.randomElement() ?? "" }
                    .joined(separator: "/")
            }
            let list = paths.map { "\(root)/\($0)\n" }.joined()
            try put(list, root + "/list")
            let outcome = try Program(
                "/bin/sh",
                ["-c", "xargs -d '\\n' realpath -m < list"],
                in: root
            ).run()
            let real = outcome.output.split(separator: "\n").map(String.init)
            try #require(real.count == paths.count, "\(outcome.error)")
            for (path, real) in zip(paths, real) {
                #expect(path.resolved(in: root) == real, "\(path)")
                guard FileManager.default.fileExists(atPath: root + "/" + path) else { continue }
                let absolute = path.absolute(in: root)
                #expect(absolute.resolved(in: "/") == real, "\(path) is \(absolute)")
            }
        }
    }

    @Test func `that leads over a link to a name that is no text is left to the system`() throws {
        try withTree { root in
            let odd = Array((root + "/odd").utf8CString.dropLast()) + [CChar(bitPattern: 0xE9), 0]
            #expect(mkdir(odd, 0o755) == 0)
            defer { rmdir(odd) }
            #expect(symlink(odd, root + "/link") == 0)
            #expect("link".resolved(in: root) == root + "/link")
            #expect("link/new".resolved(in: root) == root + "/link/new")
            // Where it leads has a name.
            #expect(["link/..", "link/../a"].map { $0.resolved(in: root) } == [root, root + "/a"])
        }
    }

    @Test(arguments: ["loop", "dangling"])
    func `that leads nowhere keeps its name`(name: String) throws {
        try withTree { root in
            symlink(name == "loop" ? "loop" : "none/x", root + "/" + name)
            #expect(name.resolved(in: root) == root + "/" + name)
            #expect("\(name)/x".resolved(in: root) == root + "/\(name)/x")
            #expect("\(name)/../a".resolved(in: root) == root + "/a")
        }
    }

    @Test func `is not cut off by a NUL`() throws {
        try withTree { root in
            #expect("a\0x".resolved(in: root) == root + "/a\0x")
            #expect("d/near\0/..".resolved(in: root) == root + "/d")
        }
    }

    @Test func `of a stream keeps its name`() {
        #expect("/dev/stdin".absolute(in: "/tmp") == "/dev/stdin")
        #expect("../dev/fd/7".absolute(in: "/tmp") == "/dev/fd/7")
    }
}
