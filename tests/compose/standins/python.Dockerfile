# As the official image: python on the path, pip and venv.
FROM stand-in/debian
RUN apt-get update -qq && \
    apt-get install -qq -y --no-install-recommends python3 python3-pip python3-venv && \
    ln -s /usr/bin/python3 /usr/local/bin/python
