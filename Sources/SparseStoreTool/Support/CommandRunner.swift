internal import ArgumentParser
internal import Platform

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Parses the arguments, runs the command, and turns any error into one line and an exit code.
enum CommandRunner {
    /// Runs the process from start to exit.
    static func main() -> Never {
        // Do this before opening anything: a write to a closed standard stream must not end up in a file of the store.
        StandardDescriptors.occupy()
        if let index = unreadableArgument {
            Output.complain(
                "argument \(index), '\(CommandLine.arguments[index])', is not UTF-8; rename the file or folder")
            exit(ExitStatus.usage.rawValue)
        }
        exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
    }

    /// The index of the first argument that is not UTF-8, counted from 1; nil if all are. Swift strings repair invalid
    /// UTF-8, so that different arguments would become equal.
    private static var unreadableArgument: Int? {
        (1..<max(1, Int(CommandLine.argc))).first { index in
            CommandLine.unsafeArgv[index].map { String(validatingCString: $0) == nil } ?? false
        }
    }

    static func run(_ arguments: [String]) -> ExitStatus {
        if arguments.first == "help", let name = arguments.dropFirst().first(where: { !$0.hasPrefix("-") }),
            !RootCommand.configuration.subcommands.contains(where: { $0.configuration.commandName == name })
        {
            Output.complain("there is no command '\(name)'; see 'sparsestore --help'")
            return .usage
        }
        var command: any ParsableCommand
        do {
            command = try RootCommand.parseAsRoot(separatingNumbers(arguments))
        } catch {
            return usage(error)
        }
        do {
            try command.run()
            try Output.standard.flush()
            return .success
        } catch let error as AlreadyReported {
            return error.status
        } catch {
            // The parser reports a request for help as an error too.
            if !CommandFailure.isOurs(error), RootCommand.exitCode(for: error) != .failure { return usage(error) }
            // Keep the output that was written before the failure.
            try? Output.standard.flush()
            let failure = CommandFailure(error)
            Output.complain(failure.message)
            return failure.status
        }
    }

    /// Moves negative numbers after "--" for `get` and `remove`, whose arguments are ids, so that they are not parsed
    /// as options.
    static func separatingNumbers(_ arguments: [String]) -> [String] {
        guard let command = arguments.first, command == "get" || command == "remove", !arguments.contains("--") else {
            return arguments
        }
        func isNumber(_ argument: String) -> Bool { argument.hasPrefix("-") && Double(argument) != nil }
        let numbers = arguments.filter(isNumber)
        return numbers.isEmpty ? arguments : arguments.filter { !isNumber($0) } + ["--"] + numbers
    }

    private static func usage(_ error: any Error) -> ExitStatus {
        guard RootCommand.exitCode(for: error) != .success else {
            do {
                try Output.standard.write(RootCommand.fullMessage(for: error) + "\n")
                try Output.standard.flush()
                return .success
            } catch {
                return CommandFailure(error).status
            }
        }
        let text = RootCommand.message(for: error).split(separator: "\n").joined(separator: " ")
        Output.complain("\(text); see 'sparsestore --help'")
        return .usage
    }
}
