# As the official image: /bin/prometheus and /bin/promtool, nobody, /prometheus.
FROM stand-in/debian AS package
RUN sed -i 's/trixie/sid/' /etc/apt/sources.list && \
    apt-get update -qq -o Acquire::Check-Valid-Until=no && \
    apt-get download -qq prometheus promtool && for one in *.deb; do dpkg -x $one /unpacked; done

FROM stand-in/debian
COPY --from=package /unpacked/usr/bin/prometheus /unpacked/usr/bin/promtool /bin/
RUN install -d -o nobody -g nogroup /prometheus
USER nobody
WORKDIR /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
