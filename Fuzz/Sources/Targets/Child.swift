import Foundation

#if os(Linux)

    /// A separate process that opens one store file, so that a file that crashes it does not end the fuzzer.
    ///
    /// It is a fork of this process, because loading the program with its sanitizer again takes longer than the work
    /// itself. Only the calling thread continues in a fork, which is enough, because reading a store needs no other
    /// thread.
    enum Child {
        private static let findingStatus: Int32 = 70
        private static let faultStatus: Int32 = 71
        private static let seconds: UInt32 = 30

        /// Runs `body` in a fork of this process. A memory fault is reported but is not a finding, because liblmdb
        /// trusts the pointers in its pages, which may lead out of the map.
        static func run(_ body: () throws -> Void) throws {
            // Swift hides it, because few programs can continue in a fork.
            typealias Fork = @convention(c) () -> pid_t
            guard let fork = dlsym(nil, "fork") else { throw Finding("fork is not available") }
            let child = unsafeBitCast(fork, to: Fork.self)()
            guard child >= 0 else { throw Finding("cannot start a process") }
            if child == 0 { end(body) }
            var status: CInt = 0
            // libFuzzer's timer interrupts the call.
            var waited = waitpid(child, &status, 0)
            while waited < 0, errno == EINTR { waited = waitpid(child, &status, 0) }
            guard waited == child else { throw Finding("a process was lost") }
            // The low seven bits are the signal, and the bits above them the status.
            switch (status & 0x7F, status >> 8 & 0xFF) {
            case (0, 0): return
            case (0, faultStatus): FileHandle.standardError.write(Data("FAULT IN DAMAGED PAGES\n".utf8))
            case (let signal, let status): throw Finding("the child ended by signal \(signal), status \(status)")
            }
        }

        /// Runs in the child. It exits without the exit handlers, which belong to the parent.
        private static func end(_ body: () throws -> Void) -> Never {
            for number in [SIGSEGV, SIGBUS, SIGABRT] { signal(number) { _ in Child.tellFault() } }
            // A hang is a finding too.
            signal(SIGALRM, SIG_DFL)
            alarm(seconds)
            do {
                try body()
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                _exit(findingStatus)
            }
            _exit(0)
        }

        /// Prints the position of the fault, and ends the process with `faultStatus`.
        private static func tellFault() {
            // Swift's module of the C library does not include it.
            typealias Backtrace = @convention(c) (UnsafeMutablePointer<UInt>, CInt) -> CInt
            typealias Symbols = @convention(c) (UnsafeMutablePointer<UInt>, CInt, CInt) -> Void
            if let backtrace = dlsym(nil, "backtrace"), let symbols = dlsym(nil, "backtrace_symbols_fd") {
                var frames = [UInt](repeating: 0, count: 24)
                let count = unsafeBitCast(backtrace, to: Backtrace.self)(&frames, 24)
                unsafeBitCast(symbols, to: Symbols.self)(&frames, count, STDERR_FILENO)
            }
            _exit(faultStatus)
        }
    }
#endif
