//! The `depstate` program: hands its arguments to [`depstate::cli::run`].

fn main() -> depstate::cli::Exit {
    depstate::cli::run(std::env::args_os())
}
