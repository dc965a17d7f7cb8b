import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Stores that are reached in unusual ways: by another user, from another container, by a name that is no text.
@Suite struct AccessTests {
    private let folder: TemporaryFolder
    private let store: String

    init() throws {
        folder = TemporaryFolder()
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

    #if os(Linux)
        /// Whether a shell script can be run here, so that tests that need what it does are skipped and counted
        /// otherwise.
        private static func succeeds(_ script: String) -> Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = ["-c", script]
            process.standardError = FileHandle.nullDevice
            do { try process.run() } catch { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    #endif

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
        // Needs the right to become another user, and a command that this user may run.
        @Test(.enabled(if: geteuid() == 0, "not root"))
        func `another user reads a store that everybody may read without its lock file`() throws {
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

        @Test(.enabled(if: succeeds("unshare -pf true"), "PID namespaces cannot be made here"))
        func `two processes of one number in two containers are told what to change`() throws {
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

        /// A folder that bindfs shows again, as Docker Desktop and WSL 2 show those of the host.
        @Test(
            .enabled(
                if: succeeds("T=$(mktemp -d) && bindfs $T $T && umount $T && rmdir $T"),
                "no FUSE file system can be mounted here (bindfs)"))
        func `a store on FUSE is refused, and used like any other when that is asked for`() throws {
            let result = try shell(
                #"""
                T=$(mktemp -d) && mkdir $T/real $T/fuse && bindfs $T/real $T/fuse
                trap 'umount $T/fuse; rm -rf $T' EXIT && cd $T
                seq -f '{"id":"d%g","vector":{"x":1}}' 500 > d.jsonl
                "$B" load fuse/s d.jsonl --quiet > /dev/null; echo "refused $?"
                ls real | wc -l
                A=--allow-network-filesystem
                "$B" load fuse/s d.jsonl --batch 100 --quiet $A > /dev/null; echo "load $?"
                "$B" search fuse/s --terms '{"x":1}' > /dev/null; echo "refused $?"
                # A writer, and readers beside it.
                "$B" load fuse/s d.jsonl --batch 5 --quiet $A > /dev/null & writer=$!
                for i in 1 2 3 4 5; do
                    "$B" search fuse/s --terms '{"x":1}' --limit 1 $A > /dev/null || echo "search $?"
                done
                wait $writer; echo "writer $?"
                "$B" remove fuse/s d1 $A > /dev/null; echo "remove $?"
                "$B" compact fuse/s $A > /dev/null; echo "compact $?"
                "$B" backup fuse/s fuse/copy $A > /dev/null; echo "backup $?"
                "$B" repair fuse/s --to fuse/mended $A > /dev/null; echo "repair $?"
                "$B" export fuse/s $A | wc -l
                for store in s copy mended; do "$B" verify fuse/$store --deep $A > /dev/null; echo "verify $?"; done
                ls real | grep -v -e '-lock$' | paste -sd ' '
                """#)
            let expected = """
                refused 7
                0
                load 0
                refused 7
                writer 0
                remove 0
                compact 0
                backup 0
                repair 0
                499
                verify 0
                verify 0
                verify 0
                copy mended s

                """
            #expect(result.output == expected, "\(result.errors)")
            #expect(result.errors.contains("--allow-network-filesystem"))
        }
    #endif
}
