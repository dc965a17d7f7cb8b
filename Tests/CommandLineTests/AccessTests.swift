import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Stores that are reached in unusual ways: by another user, from another container, by a name that is no text.
@Suite struct AccessTests {
    private let folder: Folder
    private let store: String

    init() throws {
        folder = try Folder()
        store = folder.path("s.sparse")
        let input = try folder.write("d.jsonl", #"{"id": "d1", "vector": {"x": 3}}"# + "\n")
        try Binary.run("load", store, input, "--quiet")
    }

    /// Runs a shell script, whose `$B` is the command and `$S` the store.
    private func shell(_ script: String) throws -> Binary.Result {
        let process = Process()
        let output = Pipe()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["B": Binary.path, "S": store, "SWIFT_BACKTRACE": "enable=no"]) { $1 }
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Binary.Result(status: process.terminationStatus, output: text, errors: complaint)
    }

    @Test func `a command that writes refuses to do without the lock file`() throws {
        let result = try Binary.run("remove", store, "d1", "--without-lock")
        #expect(result.status == 1)
        #expect(result.errors.contains("--without-lock"))
    }

    @Test(arguments: ["search $S --terms '{\"x\": 1}'", "stats $S", "export $S", "verify $S", "get $S d1"])
    func `without the lock file a store is read and nothing is made`(command: String) throws {
        try FileManager.default.removeItem(atPath: store + "-lock")
        let result = try shell("$B \(command) --without-lock")
        #expect(result.status == 0, "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: store + "-lock"))
    }

    @Test func `paths that are not UTF-8 never become one store`() throws {
        let result = try shell(
            #"""
            cd "$(dirname "$S")" && printf '{"id":"a","vector":{"x":1}}\n' > a.jsonl
            "$B" load $'caf\xe9.sparse' a.jsonl --quiet; echo "$?"
            "$B" load $'caf\xf3.sparse' a.jsonl --quiet; echo "$?"
            ls | grep -c caf
            """#)
        #expect(result.output == "1\n1\n0\n")
        #expect(result.errors.contains("argument 2"))
        #expect(result.errors.contains("is not UTF-8"))
    }

    #if os(Linux)
        @Test func `another user reads a store that everybody may read without its lock file`() throws {
            // Needs the right to become another user, and a command that this user may run.
            guard geteuid() == 0 else { return }
            let result = try shell(
                #"""
                T=$(mktemp -d) && trap 'rm -rf $T' EXIT && chmod 755 $T && cp "$B" $T/b && cp "$S" $T/s
                chmod 755 $T/b && chmod 644 $T/s
                become="setpriv --reuid=65534 --regid=65534 --clear-groups"
                $become $T/b search $T/s --terms '{"x": 1}'; echo "$?"
                $become $T/b search $T/s --terms '{"x": 1}' --without-lock > $T/out; echo "$?"
                """#)
            #expect(result.output == "7\n0\n", "\(result.errors)")
            #expect(result.errors.contains("--without-lock"))
        }

        @Test func `two processes of one number in two containers are told what to change`() throws {
            // Needs the right to make PID namespaces.
            guard try shell("unshare -pf true").status == 0 else { return }
            let result = try shell(
                #"""
                T=$(mktemp -d) && trap 'rm -rf $T' EXIT && mkfifo $T/in
                unshare -pf "$B" load "$S" $T/in --no-build --quiet > /dev/null & first=$!
                exec 9> $T/in
                seq -f '{"id":"e%g","vector":{"x":1}}' 40000 >&9
                for i in $(seq 600); do grep -qs "$S-lock" /proc/[0-9]*/maps && break; sleep 0.1; done
                unshare -pf "$B" search "$S" --terms '{"x": 1}' > /dev/null; echo "$?"
                exec 9>&-; wait $first; echo "$?"
                "$B" verify "$S" --deep > /dev/null; echo "$?"
                """#)
            #expect(result.output == "6\n0\n0\n", "\(result.errors)")
            #expect(result.errors.contains("--pid=container"))
        }
    #endif
}
